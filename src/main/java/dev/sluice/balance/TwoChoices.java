package dev.sluice.balance;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Picks the better of two candidates drawn at random with chances proportional to weight. This is nearly as good as
 * picking the best of all, at a cost that hardly grows with their number, and avoids the herd that the best attracts
 * until it is known to be no longer the best (Mitzenmacher, "The Power of Two Choices"). Safe for use by many threads.
 */
final class TwoChoices {

    /** After this many failed draws, when most candidates are ineligible, the eligible ones are listed. */
    private static final int DRAWS = 8;

    private final IntUnaryOperator random;
    private final ToDoubleFunction<Candidate> score;
    private volatile Weights lastWeights = new Weights(List.of());

    /** @param score lower is better */
    TwoChoices(IntUnaryOperator random, ToDoubleFunction<Candidate> score) {
        this.random = random;
        this.score = score;
    }

    <T extends Candidate> @Nullable T pick(List<T> candidates, Predicate<? super T> eligible) {
        Weights weights = lastWeights;
        if (weights.candidates != candidates) {
            weights = new Weights(candidates);
            lastWeights = weights;
        }
        for (int draw = 0; draw < DRAWS && candidates.size() > 1; draw++) {
            int one = weights.draw(random);
            int other = weights.drawBesides(one, random);
            if (eligible.test(candidates.get(one)) && eligible.test(candidates.get(other))) {
                return better(candidates.get(one), candidates.get(other));
            }
        }
        List<T> left = candidates.stream().filter(eligible).toList();
        if (left.size() < 2) {
            return left.isEmpty() ? null : left.get(0);
        }
        Weights leftWeights = new Weights(left);
        int one = leftWeights.draw(random);
        return better(left.get(one), left.get(leftWeights.drawBesides(one, random)));
    }

    /** Any candidate may be next except one that is worse than every other. */
    <T extends Candidate> Forecast<T> forecast(String scoring, List<T> candidates, Predicate<? super T> eligible) {
        List<T> left = candidates.stream().filter(eligible).toList();
        double[] scores = left.stream().mapToDouble(score).toArray();
        double[] sorted = scores.clone();
        Arrays.sort(sorted);
        int last = sorted.length - 1;
        boolean oneIsWorst = last > 0 && sorted[last] > sorted[last - 1];
        return new Forecast<>(
                scoring + ", the lower one of two that are drawn at random is next",
                IntStream.range(0, scores.length)
                        .mapToObj(i -> new Forecast.Standing<>(
                                left.get(i), scores[i], !(oneIsWorst && scores[i] == sorted[last])))
                        .toList());
    }

    /** A tie goes to the first drawn, or weight would count twice. */
    private <T extends Candidate> T better(T one, T other) {
        return score.applyAsDouble(other) < score.applyAsDouble(one) ? other : one;
    }

    /** Prefix sums of the weights, into which random numbers are drawn. */
    private static final class Weights {

        private final List<? extends Candidate> candidates;
        private final int[] upTo;

        Weights(List<? extends Candidate> candidates) {
            this.candidates = candidates;
            this.upTo = new int[candidates.size()];
            int sum = 0;
            for (int i = 0; i < upTo.length; i++) {
                sum += Math.max(1, candidates.get(i).weight()); // 0: it is about to be a candidate no longer
                upTo[i] = sum;
            }
        }

        int draw(IntUnaryOperator random) {
            return at(random.applyAsInt(upTo[upTo.length - 1]));
        }

        /** Requires at least two candidates. */
        int drawBesides(int index, IntUnaryOperator random) {
            int before = index == 0 ? 0 : upTo[index - 1];
            int its = upTo[index] - before;
            int drawn = random.applyAsInt(upTo[upTo.length - 1] - its);
            return at(drawn < before ? drawn : drawn + its);
        }

        private int at(int drawn) {
            int found = Arrays.binarySearch(upTo, drawn + 1);
            return found < 0 ? -found - 1 : found;
        }
    }
}
