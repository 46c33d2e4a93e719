package dev.sluice.target;

import dev.sluice.balance.Forecast;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What would become of a new request without a session.
 *
 * @param forecast the algorithm's, over the targets that may take the request
 * @param exclusions the other targets, each with why it may not take it
 * @param refusal why no target may: the request is answered with 503 unless it may wait; null if a target may
 * @param mayWait whether the request would wait for a target with room
 */
public record Prospect(
        Forecast<Target> forecast,
        List<Exclusion> exclusions,
        @Nullable String refusal,
        boolean mayWait) {

    /** A target that cannot take the request. The reason is for people. */
    public record Exclusion(Target target, String reason) {}

    public Prospect {
        exclusions = List.copyOf(exclusions);
    }

    /**
     * What would become of a request with this placement.
     *
     * @param hasQueueRoom whether one more request may wait
     */
    static Prospect of(Snapshot now, Selection selection, Placement placement, boolean hasQueueRoom) {
        Forecast<Target> forecast = selection.forecast(now.candidates(), placement);
        List<Exclusion> exclusions = new ArrayList<>();
        for (Target target : now.all()) {
            if (forecast.standings().stream().noneMatch(standing -> standing.candidate() == target)) {
                exclusions.add(new Exclusion(target, whyExcluded(target, now, selection)));
            }
        }
        now.leaving().forEach(target -> exclusions.add(new Exclusion(target, "it is DRAINING")));
        String unavailability = now.unavailability();
        boolean isFull = unavailability == null && forecast.standings().isEmpty();
        return new Prospect(
                forecast,
                exclusions,
                isFull ? "every target is at its limit of requests" : unavailability,
                isFull && hasQueueRoom);
    }

    private static String whyExcluded(Target target, Snapshot now, Selection selection) {
        if (now.candidates().contains(target)) {
            return "it has " + target.inFlight() + " of " + selection.limit(target) + " requests";
        }
        TargetState.Name state = target.state().name();
        if (state == TargetState.Name.DRAINING) {
            return "it is DRAINING";
        }
        if (target.weight() == 0) {
            return "its weight is 0";
        }
        return now.reserve().contains(target)
                ? "it is " + state + (target.priority() == 0 ? "" : " and has priority " + target.priority())
                        + ": others are fitter"
                : "it is " + state;
    }
}
