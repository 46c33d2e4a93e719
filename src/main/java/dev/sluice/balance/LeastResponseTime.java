package dev.sluice.balance;

import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Of two candidates drawn at random the one that promises the quicker answer: its response time × (requests in flight + 1) ÷ weight.
 * One that has not answered yet is tried as soon as it is drawn, with one request until that is answered.
 */
final class LeastResponseTime implements Algorithm {

    /** Worse than any that has answered, in nanoseconds. */
    private static final double UNKNOWN = 1e15;

    private final TwoChoices choices;

    LeastResponseTime(IntUnaryOperator random) {
        this.choices = new TwoChoices(random, LeastResponseTime::score);
    }

    @Override
    public <T extends Candidate> @Nullable T pick(List<T> candidates, Predicate<? super T> eligible) {
        return choices.pick(candidates, eligible);
    }

    @Override
    public <T extends Candidate> Forecast<T> forecast(List<T> candidates, Predicate<? super T> eligible) {
        return choices.forecast(
                "nanoseconds that an answer takes × (requests in flight + 1) ÷ weight", candidates, eligible);
    }

    private static double score(Candidate candidate) {
        double time = candidate.responseTime().expected();
        double weight = candidate.weight() * candidate.share();
        return time == 0 ? UNKNOWN * candidate.inFlight() / weight : time * (candidate.inFlight() + 1) / weight;
    }
}
