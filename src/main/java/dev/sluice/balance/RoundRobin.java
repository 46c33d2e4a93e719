package dev.sluice.balance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Each candidate in its turn: of a, b and c, {@code a b c a b c}. N candidates and k·N picks in sequence are k picks of each.
 * The cursor is synchronized: it counts modulo the number of candidates under its lock and so cannot overflow.
 */
final class RoundRobin implements Algorithm {

    private int cursor;

    @Override
    public <T> @Nullable T pick(List<T> candidates) {
        int size = candidates.size();
        return size == 0 ? null : candidates.get(advance(size));
    }

    private synchronized int advance(int size) {
        int position = cursor < size ? cursor : 0; // the list may have become shorter
        cursor = (position + 1) % size;
        return position;
    }
}
