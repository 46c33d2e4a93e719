package dev.sluice.balance;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What an algorithm would do now.
 *
 * @param scoring what the scores mean, and which is best
 * @param standings of the eligible candidates, in their order
 */
public record Forecast<T>(String scoring, List<Standing<T>> standings) {

    /**
     * The standing of one candidate.
     *
     * @param mayBeNext whether the next request may go to it; if this is true for only one candidate, it will
     */
    public record Standing<T>(T candidate, double score, boolean mayBeNext) {}

    public Forecast {
        standings = List.copyOf(standings);
    }

    /** This forecast, but a candidate may also be next if the other forecast, over some of the same candidates, says so. */
    public Forecast<T> or(Forecast<T> other) {
        Set<T> next = other.standings.stream()
                .filter(Standing::mayBeNext)
                .map(Standing::candidate)
                .collect(Collectors.toSet());
        return new Forecast<>(
                scoring,
                standings.stream()
                        .map(one -> new Standing<>(
                                one.candidate(), one.score(), one.mayBeNext() || next.contains(one.candidate())))
                        .toList());
    }
}
