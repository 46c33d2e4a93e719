package dev.sluice.target;

import dev.sluice.balance.Algorithm;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The targets that a rule's requests are spread over. The list of them is a snapshot that is replaced as a whole. Safe for use by
 * many threads.
 */
public final class TargetGroup {

    private final String name;
    private final Algorithm algorithm;
    private volatile List<Target> targets = List.of();

    public TargetGroup(String name, Algorithm algorithm) {
        this.name = name;
        this.algorithm = algorithm;
    }

    /** As configured. */
    public String name() {
        return name;
    }

    /** All targets as of now, in a stable order; immutable. */
    public List<Target> targets() {
        return targets;
    }

    void replaceTargets(List<Target> targets) {
        this.targets = List.copyOf(targets);
    }

    /** A lease on the target for the next request, or null if no target is available. */
    public @Nullable Lease acquire() {
        return lease(targets);
    }

    /**
     * As {@link #acquire()}, for a request that has been tried: never one of those targets. The algorithm is asked as if for the next
     * request, so that a target's share is taken over by all others and not by the first of them.
     */
    public @Nullable Lease acquireBesides(Collection<Target> tried) {
        List<Target> candidates = targets;
        for (int i = 0; i < candidates.size(); i++) {
            Target target = algorithm.pick(candidates);
            if (target != null && !tried.contains(target)) {
                return target.acquire();
            }
        }
        List<Target> untried = new ArrayList<>(candidates);
        untried.removeAll(tried);
        return lease(untried);
    }

    private @Nullable Lease lease(List<Target> candidates) {
        Target target = algorithm.pick(candidates);
        return target == null ? null : target.acquire();
    }
}
