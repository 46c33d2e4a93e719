package dev.sluice.observe;

import static dev.sluice.observe.LabelValues.NONE;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The metric series of one target group and its targets. Safe for use by many threads. */
final class GroupSeries {

    private static final double NANOS_PER_SECOND = 1e9;

    private final MetricFamilies families;
    private final String name;
    private final Map<String, TargetSeries> targets = new ConcurrentHashMap<>();
    private final CounterDataPoint retries;
    private final CounterDataPoint failovers;
    private final CounterDataPoint tunnels;
    private final AtomicInteger tunnelsOpen = new AtomicInteger();
    private @Nullable DistributionDataPoint queueDurations;
    private final Absence absence = new Absence(); // guarded by the monitor of the families

    /** Called with the monitor of the families held. */
    GroupSeries(MetricFamilies families, String name) {
        this.families = families;
        this.name = name;
        this.retries = families.retries.labelValues(name);
        this.failovers = families.failovers.labelValues(name);
        this.tunnels = families.tunnels.labelValues(name);
    }

    String name() {
        return name;
    }

    void tunnelOpens() {
        tunnelsOpen.incrementAndGet();
        tunnels.inc();
    }

    void tellTunnelsOpen(GaugeWithCallback.Callback gauge) {
        gauge.call(tunnelsOpen.get(), name);
    }

    void count(Transaction transaction) {
        target(transaction.target()).count(transaction);
        if (transaction.attempts() > 1) {
            retries.inc(transaction.retries());
            failovers.inc(transaction.failovers());
        }
        if (transaction.isTunnel()) {
            tunnelsOpen.decrementAndGet();
        }
        if (transaction.queueNanos() > 0) {
            queueDurations().observe(seconds(transaction.queueNanos()));
        }
    }

    static double seconds(long nanos) {
        return nanos / NANOS_PER_SECOND;
    }

    TargetSeries target(@Nullable String named) {
        String itsName = named == null ? NONE : named;
        TargetSeries known = targets.get(itsName);
        if (known != null) {
            return known;
        }
        synchronized (families) {
            return targets.computeIfAbsent(itsName, absent -> new TargetSeries(families, name, absent));
        }
    }

    private DistributionDataPoint queueDurations() {
        DistributionDataPoint known = queueDurations;
        if (known == null) {
            known = families.series(families.queueDurations, name);
            queueDurations = known;
        }
        return known;
    }

    /**
     * Forgets the rules and targets that are missing for the second time in a row. Called with the monitor of the
     * families held.
     *
     * @param itsRules the present rules of the group; null for none
     * @param itsTargets the present targets of the group; null if the group is no longer present
     * @return false if the group itself is missing for the second time in a row
     */
    boolean retain(@Nullable Set<String> itsRules, @Nullable Set<String> itsTargets) {
        boolean isThere = name.equals(NONE) || itsTargets != null || tunnelsOpen.get() > 0;
        targets.values()
                .removeIf(target -> !target.retain(
                        itsRules == null ? Set.of() : itsRules, itsTargets == null ? Set.of() : itsTargets));
        return !absence.lasts(isThere);
    }

    /** Whether there still are series for this rule and target; null stands for any. */
    boolean isCounted(@Nullable String rule, @Nullable String target) {
        TargetSeries itsTarget = target == null ? null : targets.get(target);
        return target == null || (itsTarget != null && (rule == null || itsTarget.isCounted(rule)));
    }
}
