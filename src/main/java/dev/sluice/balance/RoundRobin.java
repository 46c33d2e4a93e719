package dev.sluice.balance;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Picks the candidates in turn: of a, b and c, {@code a b c a b c}. N candidates and k·N consecutive picks are k picks
 * of each. The turn of an ineligible candidate goes to the next eligible one. Ignores weights.
 *
 * <p>The cursor is guarded by this and counts modulo the number of candidates, so it cannot overflow.
 */
final class RoundRobin implements Algorithm {

    private int cursor;

    @Override
    public synchronized <T extends Candidate> @Nullable T pick(List<T> candidates, Predicate<? super T> eligible) {
        int size = candidates.size();
        for (int i = 0; i < size; i++) {
            T candidate = candidates.get(cursor % size); // the list may have become shorter
            cursor = (cursor + 1) % size;
            if (eligible.test(candidate)) {
                return candidate;
            }
        }
        return null;
    }

    @Override
    public synchronized <T extends Candidate> Forecast<T> forecast(List<T> candidates, Predicate<? super T> eligible) {
        List<Forecast.Standing<T>> standings = new ArrayList<>();
        int size = candidates.size();
        for (int turn = 0; turn < size; turn++) {
            T candidate = candidates.get((cursor + turn) % size);
            if (eligible.test(candidate)) {
                standings.add(new Forecast.Standing<>(candidate, turn, standings.isEmpty()));
            }
        }
        return new Forecast<>("turns to wait, the lowest is next", standings);
    }
}
