package dev.sluice.target;

import dev.sluice.config.TargetConfiguration;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** From a configured target to where it can be found. Safe for use by many threads. */
@FunctionalInterface
public interface Resolver {

    /**
     * What is known.
     *
     * @param endpoints where the target is; none if it is nowhere
     * @param unknown of endpoints that were known before, those that nothing could be learned about now
     * @param problem why nothing could be learned about some, or all; null if everything could
     * @param validFor when to ask again; null for never
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

    /** Looks it up. Does not block. */
    CompletionStage<Answer> resolve(TargetConfiguration configured);
}
