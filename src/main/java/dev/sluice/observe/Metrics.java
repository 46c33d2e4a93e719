package dev.sluice.observe;

import static dev.sluice.observe.LabelValues.NONE;

import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The Prometheus metrics of requests: counts and durations by rule, group and target. Label values come from the
 * configuration, from DNS, or from a fixed set, never from a client. A label that does not apply, such as the rule of a
 * request that was refused, is empty; no configured name is.
 *
 * <p>Safe for use by many threads. Counting a request takes no lock and creates no objects once its series exist.
 */
public final class Metrics implements TransactionObserver {

    private final MetricFamilies families = new MetricFamilies();
    private final Map<String, GroupSeries> groups = new ConcurrentHashMap<>();

    /** Has the metrics of the JVM from the start, and those of requests as they end. */
    public Metrics() {
        families.tunnelsOpen(groups.values());
    }

    @Override
    public void tunnelled(Transaction transaction) {
        group(transaction.group()).tunnelOpens();
    }

    @Override
    public void attemptFailed(Transaction transaction, String target, AttemptFailure why) {
        group(transaction.group()).target(target).attemptFailed(why);
    }

    @Override
    public void ended(Transaction transaction) {
        group(transaction.group()).count(transaction);
    }

    private GroupSeries group(@Nullable String named) {
        String name = named == null ? NONE : named;
        GroupSeries known = groups.get(name); // first, since computeIfAbsent may lock
        if (known != null) {
            return known;
        }
        synchronized (families) {
            return groups.computeIfAbsent(name, absent -> new GroupSeries(families, absent));
        }
    }

    /** Adds the metrics of reloads. May be called once at most. */
    public void show(Reloads reloads) {
        families.reloads(reloads);
    }

    /** Adds the metric of lines that the access log lost. May be called once at most. */
    public void show(AccessLog log) {
        families.accessLog(log);
    }

    /** The current values, including those of the JVM. */
    public List<MetricSnapshot> snapshots() {
        return families.snapshots();
    }

    /**
     * Forgets the series of rules, groups and targets that are missing from two calls in a row. So a periodic scrape
     * still sees their last values, and a call with slightly outdated arguments does no harm.
     *
     * @param rules the present rules of each group
     * @param targets the present targets of each group, including those that drain
     */
    public void retain(Map<String, Set<String>> rules, Map<String, Set<String>> targets) {
        synchronized (families) {
            groups.values().removeIf(group -> !group.retain(rules.get(group.name()), targets.get(group.name())));
            families.retain(this::isCounted);
        }
    }

    private boolean isCounted(@Nullable String rule, @Nullable String group, @Nullable String target) {
        GroupSeries itsGroup = group == null ? null : groups.get(group);
        return group == null || (itsGroup != null && itsGroup.isCounted(rule, target));
    }
}
