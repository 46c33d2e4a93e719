package dev.sluice.balance;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Picks the target for the next request. A target that stays eligible must be picked sooner or later: else nobody would
 * notice that it works again. One instance serves the first attempts of a target group, another the further ones. Safe
 * for use by many threads.
 */
public interface Algorithm {

    /**
     * Picks one of the candidates that are eligible for this request.
     *
     * @param candidates immutable; usually the same instance until the group's snapshot changes; may be empty
     * @param eligible called a bounded number of times per candidate, possibly with a lock held: must be fast and must
     *     not throw. Its results may differ from call to call.
     * @return null if none is eligible
     */
    <T extends Candidate> @Nullable T pick(List<T> candidates, Predicate<? super T> eligible);

    /** What {@link #pick} would do now with the same candidates. Does not affect the next pick. */
    <T extends Candidate> Forecast<T> forecast(List<T> candidates, Predicate<? super T> eligible);
}
