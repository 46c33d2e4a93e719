package dev.sluice.target;

import dev.sluice.balance.Forecast;
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
}
