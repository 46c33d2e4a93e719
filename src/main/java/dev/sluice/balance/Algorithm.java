package dev.sluice.balance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Picks the target of the next request. One instance serves one target group; safe for use by many threads. */
public interface Algorithm {

    /**
     * Picks one of the candidates.
     *
     * @return null if there are none
     */
    <T> @Nullable T pick(List<T> candidates);
}
