package dev.sluice.balance;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Picks the candidate with the fewest requests in flight ÷ weight: the best of all if there are three or fewer, else
 * the better of two drawn at random. Among equals, such as while nothing is in flight, the chances are proportional to
 * weight.
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
        int weight = 0; // of all that tie for the best
        for (T candidate : candidates) {
            if (!eligible.test(candidate)) {
                continue;
            }
            double its = score(candidate);
            int itsWeight = Math.max(1, candidate.weight());
            if (best == null || its < least) {
                best = candidate;
                least = its;
                weight = itsWeight;
            } else if (its == least) {
                weight += itsWeight;
                best = random.applyAsInt(weight) < itsWeight ? candidate : best;
            }
        }
        return best;
    }

    @Override
    public <T extends Candidate> Forecast<T> forecast(List<T> candidates, Predicate<? super T> eligible) {
        String scoring = "requests in flight ÷ weight";
        if (candidates.size() > FEW) {
            return choices.forecast(scoring, candidates, eligible);
        }
        List<T> left = candidates.stream().filter(eligible).toList();
        double[] scores =
                left.stream().mapToDouble(LeastOutstandingRequests::score).toArray();
        double least = Arrays.stream(scores).min().orElse(0);
        return new Forecast<>(
                scoring + ", one of the lowest is next",
                IntStream.range(0, scores.length)
                        .mapToObj(i -> new Forecast.Standing<>(left.get(i), scores[i], scores[i] == least))
                        .toList());
    }

    private static double score(Candidate candidate) {
        return candidate.inFlight() / (candidate.weight() * candidate.share());
    }
}
