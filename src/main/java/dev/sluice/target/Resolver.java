package dev.sluice.target;

import dev.sluice.config.TargetConfiguration;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Finds the endpoints of a configured target. Safe for use by many threads. */
@FunctionalInterface
public interface Resolver {

    /**
     * The result of a look-up.
     *
     * @param endpoints where the target is; empty if nowhere
     * @param unknown matches the previously known endpoints about which this look-up learned nothing
     * @param problem why the look-up failed, in part or entirely; null if it succeeded
     * @param validFor when to repeat the look-up; null for never
     */
    record Answer(
            List<Endpoint> endpoints,
            Predicate<Endpoint> unknown,
            @Nullable String problem,
            @Nullable Duration validFor) {

        public Answer {
            endpoints = List.copyOf(endpoints);
        }
    }

    /** Looks up the target. Does not block. */
    CompletionStage<Answer> resolve(TargetConfiguration configured);
}
