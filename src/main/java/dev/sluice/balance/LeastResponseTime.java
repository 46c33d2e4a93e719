package dev.sluice.balance;

import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Picks the better of two candidates drawn at random, by response time × (requests in flight + 1) ÷ weight. A candidate
 * without a response time yet is tried as soon as it is drawn, and again every few seconds until one has been answered.
 */
final class LeastResponseTime implements Algorithm {

    /** Nanoseconds; worse than any known response time. */
    private static final double UNKNOWN = 1e15;

    /** Nanoseconds; better than any known response time. */
    private static final double WORTH_A_TRY = 1;

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
                "response time in nanoseconds × (requests in flight + 1) ÷ weight", candidates, eligible);
    }

    private static double score(Candidate candidate) {
        double time = candidate.responseTime().expected();
        double inFlight = candidate.inFlight() / candidate.share();
        if (time == 0) {
            return (candidate.responseTime().isBeingTried() ? UNKNOWN : WORTH_A_TRY) * inFlight / candidate.weight();
        }
        // One more is not scaled by the share: an idle target that starts slowly would hardly get anything.
        return time * (inFlight + 1) / candidate.weight();
    }
}
