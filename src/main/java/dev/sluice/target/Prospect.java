package dev.sluice.target;

import dev.sluice.balance.Forecast;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What would become of a request without a session that came to a group now.
 *
 * @param forecast of the algorithm, over those of the targets that may have it
 * @param exclusions why each other one may not
 * @param refusal why none may: what is answered with 503, unless the request may wait; null if one may
 * @param mayWait whether it would wait for a target to have room
 */
public record Prospect(
        Forecast<Target> forecast,
        List<Exclusion> exclusions,
        @Nullable String refusal,
        boolean mayWait) {

    /** A target that does not get the request, and why, in words for people. */
    public record Exclusion(Target target, String reason) {}

    public Prospect {
        exclusions = List.copyOf(exclusions);
    }
}
