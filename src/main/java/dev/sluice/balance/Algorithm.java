package dev.sluice.balance;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Picks the target of the next request. One instance serves one target group; safe for use by many threads. */
public interface Algorithm {

    /**
     * Picks one of the candidates that are eligible for this request.
     *
     * @param candidates an immutable list, the same one until the group changes; empty for none
     * @param eligible asked at most a few times about each, perhaps with a lock held: must be quick and must not throw. Its answers may
     *     differ from one call to the next.
     * @return null if none is eligible
     */
    <T extends Candidate> @Nullable T pick(List<T> candidates, Predicate<? super T> eligible);

    /** What {@link #pick} would do with the same candidates now. Changes nothing: the next pick is the same as without it. */
    <T extends Candidate> Forecast<T> forecast(List<T> candidates, Predicate<? super T> eligible);
}
