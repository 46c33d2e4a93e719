package dev.sluice.balance;

import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The candidate with the fewest requests in flight ÷ weight: of all if there are three or fewer, else of two drawn at random. Of
 * equal ones, as while nothing is in flight, each with a chance in proportion to its weight.
 */
final class LeastOutstandingRequests implements Algorithm {

    private static final int FEW = 3;

    private final IntUnaryOperator random;
    private final TwoChoices choices;

    LeastOutstandingRequests(IntUnaryOperator random) {
        this.random = random;
        this.choices = new TwoChoices(random, LeastOutstandingRequests::score);
    }

    @Override
    public <T extends Candidate> @Nullable T pick(List<T> candidates, Predicate<? super T> eligible) {
        return candidates.size() > FEW ? choices.pick(candidates, eligible) : best(candidates, eligible);
    }

    private <T extends Candidate> @Nullable T best(List<T> candidates, Predicate<? super T> eligible) {
        T best = null;
        double least = 0;
        int weight = 0; // of all that are as good as the best
        for (T candidate : candidates) {
            if (!eligible.test(candidate)) {
                continue;
            }
            double its = score(candidate);
            if (best == null || its < least) {
                best = candidate;
                least = its;
                weight = candidate.weight();
            } else if (its == least) {
                weight += candidate.weight();
                best = random.applyAsInt(weight) < candidate.weight() ? candidate : best;
            }
        }
        return best;
    }

    private static double score(Candidate candidate) {
        return candidate.inFlight() / (candidate.weight() * candidate.share());
    }
}
