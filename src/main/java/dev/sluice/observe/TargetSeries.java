package dev.sluice.observe;

import static dev.sluice.observe.GroupSeries.seconds;
import static dev.sluice.observe.LabelValues.NONE;
import static dev.sluice.observe.LabelValues.STATUS_CLASSES;
import static dev.sluice.observe.LabelValues.method;
import static dev.sluice.observe.LabelValues.status;
import static dev.sluice.observe.LabelValues.statusClass;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The metric series of one target, or of the requests of a group that reached no target. Most series are created when
 * first needed. Safe for use by many threads: if several create the same series, they get the same object.
 */
final class TargetSeries {

    private final MetricFamilies families;
    private final String group;
    private final String name;
    private final Map<String, RuleSeries> rules = new ConcurrentHashMap<>();
    private final CounterDataPoint requestBytes;
    private final CounterDataPoint responseBytes;
    private final @Nullable CounterDataPoint[] responses = new CounterDataPoint[STATUS_CLASSES];
    private final Map<String, CounterDataPoint> terminations = new ConcurrentHashMap<>();
    private final Map<AttemptFailure, CounterDataPoint> failedAttempts = new ConcurrentHashMap<>();
    private @Nullable DistributionDataPoint durations;
    private @Nullable DistributionDataPoint connectDurations;
    private @Nullable DistributionDataPoint firstByteDurations;
    private final Absence absence = new Absence(); // guarded by the monitor of the families

    /**
     * Called with the monitor of the families held.
     *
     * @param name {@link LabelValues#NONE} for no target
     */
    TargetSeries(MetricFamilies families, String group, String name) {
        this.families = families;
        this.group = group;
        this.name = name;
        this.requestBytes = families.requestBytes.labelValues(group, name);
        this.responseBytes = families.responseBytes.labelValues(group, name);
    }

    void count(Transaction transaction) {
        rule(transaction.rule())
                .requests(method(transaction.method()), statusClass(transaction.clientStatus()))
                .inc();
        if (transaction.targetStatus() != 0) {
            responses(statusClass(transaction.targetStatus())).inc();
        }
        requestBytes.inc(transaction.bytesFromClient());
        responseBytes.inc(transaction.bytesToClient());
        if (transaction.cause() != TerminationCause.NONE) {
            terminations(transaction).inc();
        }
        if (!transaction.isTunnel()) {
            durations = observed(durations, families.durations, transaction.totalNanos());
        }
        connectDurations = observed(connectDurations, families.connectDurations, transaction.connectNanos());
        firstByteDurations = observed(firstByteDurations, families.firstByteDurations, transaction.firstByteNanos());
    }

    /**
     * Observes a duration, unless it is {@link Transaction#NONE}.
     *
     * @param known the series; null if it has not been created
     * @return the series; null if it still has not been created
     */
    private @Nullable DistributionDataPoint observed(
            @Nullable DistributionDataPoint known, Histogram family, long nanos) {
        if (nanos == Transaction.NONE) {
            return known;
        }
        DistributionDataPoint series = known;
        if (series == null) {
            series = families.series(family, group, name);
        }
        series.observe(seconds(nanos));
        return series;
    }

    private RuleSeries rule(@Nullable String prefix) {
        String itsPrefix = prefix == null ? NONE : prefix;
        RuleSeries known = rules.get(itsPrefix);
        return known != null ? known : rules.computeIfAbsent(itsPrefix, RuleSeries::new);
    }

    private CounterDataPoint responses(int statusClass) {
        CounterDataPoint known = responses[statusClass];
        if (known == null) {
            known = families.series(families.targetResponses, group, name, status(statusClass));
            responses[statusClass] = known;
        }
        return known;
    }

    private CounterDataPoint terminations(Transaction transaction) {
        return terminations.computeIfAbsent(
                transaction.termination(),
                termination -> families.series(families.terminations, group, name, termination));
    }

    void attemptFailed(AttemptFailure why) {
        failedAttempts
                .computeIfAbsent(why, key -> families.series(families.failedAttempts, group, name, key.label()))
                .inc();
    }

    /**
     * Forgets the rules that are missing for the second time in a row. Called with the monitor of the families held.
     *
     * @return false if the target itself is missing for the second time in a row
     */
    boolean retain(Set<String> itsRules, Set<String> itsTargets) {
        boolean isThere = name.equals(NONE) || itsTargets.contains(name);
        rules.values().removeIf(rule -> !rule.retain(itsRules));
        return !absence.lasts(isThere);
    }

    boolean isCounted(String rule) {
        return rules.containsKey(rule);
    }

    /** The series of the requests of one rule. */
    private final class RuleSeries {

        private final String prefix;
        private final Map<String, @Nullable CounterDataPoint[]> requests = new ConcurrentHashMap<>();
        private final Absence absence = new Absence(); // guarded by the monitor of the families

        RuleSeries(String prefix) {
            this.prefix = prefix;
        }

        /**
         * The series of a method and a class of status codes.
         *
         * @param method of {@link LabelValues#method}
         * @param statusClass of {@link LabelValues#statusClass}
         */
        CounterDataPoint requests(String method, int statusClass) {
            @Nullable CounterDataPoint[] ofMethod = requests.get(method);
            if (ofMethod == null) {
                ofMethod = requests.computeIfAbsent(method, absent -> new CounterDataPoint[STATUS_CLASSES]);
            }
            CounterDataPoint known = ofMethod[statusClass];
            if (known == null) {
                known = families.series(families.requests, prefix, group, name, method, status(statusClass));
                ofMethod[statusClass] = known;
            }
            return known;
        }

        boolean retain(Set<String> itsRules) {
            boolean isThere = prefix.equals(NONE) || itsRules.contains(prefix);
            return !absence.lasts(isThere);
        }
    }
}
