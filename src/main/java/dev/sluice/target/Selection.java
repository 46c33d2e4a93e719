package dev.sluice.target;

import static java.util.Objects.requireNonNull;
import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;

import dev.sluice.balance.Algorithm;
import dev.sluice.balance.Algorithms;
import dev.sluice.balance.Forecast;
import dev.sluice.config.TargetGroupConfiguration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How the requests of a group get their targets: that of their session, else one that the algorithm picks from the free
 * candidates. Safe for use by many threads.
 */
final class Selection {

    private final TargetGroup group;
    private final TargetGroupConfiguration configuration;
    private final Members members;
    private final Algorithm algorithm;

    /** For further attempts: in one rotation with the first ones, a target that fails might have its turn each time. */
    private final Algorithm algorithmOfRetries;

    private final DoubleSupplier random;

    /** @param random from 0 to 1 */
    Selection(TargetGroup group, Members members, Algorithm algorithm, DoubleSupplier random) {
        this.group = group;
        this.configuration = group.configuration();
        this.members = members;
        this.algorithm = algorithm;
        this.algorithmOfRetries = Algorithms.create(configuration.algorithm());
        this.random = random;
    }

    /** Leases a target for the request; null if none is free. */
    @Nullable
    Lease pick(Placement placement) {
        Lease lease = ofSession(placement);
        // Drawn once per pick, so that the verdict on a slow-starting target does not vary within it.
        double chance = configuration.slowStart().isZero() ? 0 : random.getAsDouble();
        while (lease == null) {
            Snapshot now = members.snapshot();
            Target target = pick(now.candidates(), placement, chance);
            if (target == null && isLeftToReserve(now, placement)) {
                target = now.reserve().stream()
                        .filter(candidate -> isFree(candidate, placement))
                        .findFirst()
                        .orElse(null);
            }
            if (target == null) {
                return null;
            }
            lease = acquire(target); // null if another request was faster: then the target is no longer free
        }
        return lease;
    }

    private @Nullable Target pick(List<Target> candidates, Placement placement, double chance) {
        Algorithm its = placement.excluded() == 0 ? algorithm : algorithmOfRetries;
        Target target = its.pick(candidates, candidate -> isFree(candidate, placement) && chance < candidate.share());
        // Slow-starting targets are better than none.
        return target != null || chance == 0 ? target : its.pick(candidates, candidate -> isFree(candidate, placement));
    }

    /** Leases the target of the request's session; null if there is none, or if it is at its limit. */
    private @Nullable Lease ofSession(Placement placement) {
        Target target = sessionTarget(placement);
        return target == null ? null : acquire(target);
    }

    /** Whether the request's session is at a target that takes no new requests. */
    boolean isOfSessionElsewhere(Placement placement) {
        String id = placement.sessionTargetId();
        Target target =
                id == null ? null : members.snapshot().sessionsElsewhere().get(id);
        return target != null && placement.allows(target);
    }

    /** Whether the request may use a target that takes no new ones. */
    boolean mayUseNonCandidates(Placement placement) {
        return isOfSessionElsewhere(placement) || isLeftToReserve(members.snapshot(), placement);
    }

    /** Whether there is a target that may take the request once it has room. */
    boolean mayHaveRoom(Placement placement) {
        return isOfSessionElsewhere(placement)
                || members.snapshot().candidates().stream().anyMatch(placement::allows);
    }

    /** As {@link TargetGroup#unavailability}. */
    @Nullable
    String unavailability() {
        return members.snapshot().unavailability();
    }

    /** Whether the request, too, could have been given this target, once that has room. */
    boolean mayUse(Target target, Placement placement) {
        Snapshot now = members.snapshot();
        return placement.allows(target)
                && (now.candidates().contains(target)
                        || target == sessionTarget(placement)
                        || (now.reserve().contains(target) && isLeftToReserve(now, placement)));
    }

    /** Whether a target has room that may take the request. */
    boolean hasRoom(Placement placement) {
        Snapshot now = members.snapshot();
        Target own = sessionTarget(placement);
        return (own != null && isFree(own, placement))
                || hasRoom(now.candidates(), placement)
                || (isLeftToReserve(now, placement) && hasRoom(now.reserve(), placement));
    }

    private boolean hasRoom(List<Target> targets, Placement placement) {
        return targets.stream().anyMatch(target -> isFree(target, placement));
    }

    /** Whether the request has failed at all candidates, and is tried on less fit targets. */
    private static boolean isLeftToReserve(Snapshot now, Placement placement) {
        return placement.excluded() > 0 && now.candidates().stream().noneMatch(placement::allows);
    }

    private @Nullable Target sessionTarget(Placement placement) {
        String id = placement.sessionTargetId();
        Target target = id == null ? null : members.snapshot().bySession().get(id);
        return target != null && placement.allows(target) ? target : null;
    }

    private @Nullable Lease acquire(Target target) {
        return target.acquire(limit(target)) ? new Lease(group, target) : null;
    }

    /** What the algorithm would make of the candidates now. Has no side effects. */
    Forecast<Target> forecast(List<Target> candidates, Placement placement) {
        Forecast<Target> forecast = algorithm.forecast(candidates, target -> isFree(target, placement));
        // Chance decides which slow-starting targets count.
        Map<Target, Long> percents = candidates.stream().collect(toMap(identity(), Selection::percent));
        for (long percent : Set.copyOf(percents.values())) {
            forecast = forecast.or(algorithm.forecast(
                    candidates,
                    target -> isFree(target, placement) && requireNonNull(percents.get(target)) >= percent));
        }
        return forecast;
    }

    private static long percent(Target target) {
        return Math.round(100 * target.share());
    }

    private boolean isFree(Target target, Placement placement) {
        return placement.allows(target) && !target.isOut() && (!isLimited() || target.inFlight() < limit(target));
    }

    /**
     * How many requests the target may have in flight. A slow-starting target is limited to its share, unless it has to
     * do without one that is not.
     */
    int limit(Target target) {
        int limit = configuration.maxConcurrentRequestsPerTarget();
        double share = isLimited() ? target.share() : 1;
        return share < 1 && isAnyFullGrown() ? (int) Math.ceil(limit * share) : limit;
    }

    private boolean isAnyFullGrown() {
        return members.snapshot().candidates().stream().anyMatch(target -> target.share() == 1);
    }

    /** Whether a limit may change as the share of a slow-starting target grows. */
    boolean isLimitGrowing() {
        return isLimited() && members.snapshot().all().stream().anyMatch(target -> target.share() < 1);
    }

    private boolean isLimited() {
        return configuration.maxConcurrentRequestsPerTarget() != Integer.MAX_VALUE;
    }
}
