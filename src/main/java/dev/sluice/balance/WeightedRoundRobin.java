package dev.sluice.balance;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Smooth weighted round robin, as in nginx: of a, b and c with weights 5, 1 and 1, {@code a a b a c a a}. At each pick
 * every eligible candidate gains its weight in credit; the one with the most credit is picked and pays the sum of those
 * weights.
 *
 * <p>An ineligible candidate gains nothing meanwhile, and a new one starts with nothing, so that neither is owed a
 * burst. Nor is one that stays while weights change, or while a heavy one leaves: what it is owed is then cut down to the
 * sum of the weights of those that are left.
 */
final class WeightedRoundRobin implements Algorithm {

    private List<? extends Candidate> known = List.of();
    private long[] credits = {}; // of the known candidates, by index

    @Override
    public synchronized <T extends Candidate> @Nullable T pick(List<T> candidates, Predicate<? super T> eligible) {
        if (known != candidates) {
            credits = carriedOver(candidates);
            known = candidates;
        }
        int most = -1;
        long all = 0;
        for (int i = 0; i < credits.length; i++) {
            T candidate = candidates.get(i);
            if (eligible.test(candidate)) {
                int weight = candidate.weight();
                all += weight;
                credits[i] += weight;
                if (most < 0 || credits[i] > credits[most]) {
                    most = i;
                }
            }
        }
        if (most < 0) {
            return null;
        }
        credits[most] -= all;
        return candidates.get(most);
    }

    @Override
    public synchronized <T extends Candidate> Forecast<T> forecast(List<T> candidates, Predicate<? super T> eligible) {
        long[] now = known == candidates ? credits : carriedOver(candidates);
        T next = null;
        long most = 0;
        Map<T, Long> scores = new LinkedHashMap<>();
        for (int i = 0; i < now.length; i++) {
            T candidate = candidates.get(i);
            if (eligible.test(candidate)) {
                long score = now[i] + candidate.weight();
                scores.put(candidate, score);
                if (next == null || score > most) {
                    next = candidate;
                    most = score;
                }
            }
        }
        T first = next;
        return new Forecast<>(
                "credit, the highest is next",
                scores.entrySet().stream()
                        .map(entry ->
                                new Forecast.Standing<>(entry.getKey(), entry.getValue(), entry.getKey() == first))
                        .toList());
    }

    private long[] carriedOver(List<? extends Candidate> candidates) {
        long round = candidates.stream().mapToLong(Candidate::weight).sum();
        IdentityHashMap<Candidate, Long> before = new IdentityHashMap<>();
        for (int i = 0; i < credits.length; i++) {
            before.put(known.get(i), credits[i]);
        }
        return candidates.stream()
                .mapToLong(candidate -> Math.max(-round, Math.min(round, before.getOrDefault(candidate, 0L))))
                .toArray();
    }
}
