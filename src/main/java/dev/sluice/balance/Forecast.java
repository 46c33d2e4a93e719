package dev.sluice.balance;

import java.util.List;

/**
 * What an algorithm would do now.
 *
 * @param scoring what the scores mean, and which is the best
 * @param standings of the candidates that are eligible, in their order
 */
public record Forecast<T>(String scoring, List<Standing<T>> standings) {

    /**
     * How one of them stands.
     *
     * @param mayBeNext whether the next request may go to it; if it may for one only, it does
     */
    public record Standing<T>(T candidate, double score, boolean mayBeNext) {}

    public Forecast {
        standings = List.copyOf(standings);
    }
}
