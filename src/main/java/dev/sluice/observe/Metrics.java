package dev.sluice.observe;

import static dev.sluice.observe.LabelValues.NONE;

import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts requests, and how long they take, by rule, group and target: for Prometheus. All labels are of the configuration, of DNS, or of a fixed
 * set; none is a client's. What a request has not, as one that was refused has no rule, is the empty text, as which nothing can be configured.
 *
 * <p>Safe for use by many threads. To count a request takes no lock and makes nothing, once the same was counted before.
 */
public final class Metrics implements TransactionObserver {

    private final MetricFamilies families = new MetricFamilies();
    private final Map<String, GroupSeries> groups = new ConcurrentHashMap<>();

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
        GroupSeries known = groups.get(name); // first, for computeIfAbsent may lock
        if (known != null) {
            return known;
        }
        synchronized (families) {
            return groups.computeIfAbsent(name, absent -> new GroupSeries(families, absent));
        }
    }

    /** From now on, what came of reloads is among the metrics. To be called once at most, as what follows. */
    public void show(Reloads reloads) {
        families.reloads(reloads);
    }

    /** From now on, what was lost of the access log is among the metrics. */
    public void show(AccessLog log) {
        families.accessLog(log);
    }

    /** As of now, of this and of the JVM. */
    public List<MetricSnapshot> snapshots() {
        return families.snapshots();
    }

    /**
     * Forgets what is counted for rules, groups and targets that are not there any more, when it is told so twice in a row: so that whoever comes
     * by now and then has seen how it ended, and that it does no harm to be told of what was there a moment ago.
     *
     * @param rules what there is: the rules of each group
     * @param targets the targets of each group, those about to leave included
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
