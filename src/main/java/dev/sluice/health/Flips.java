package dev.sluice.health;

import dev.sluice.health.Health.State;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts how often a target, or successive targets of one place, entered each state. Takes no lock. Safe for use by
 * many threads.
 */
public final class Flips {

    private final Map<State, LongAdder> counts = new EnumMap<>(State.class); // complete from the start

    /** All counts begin at 0. */
    public Flips() {
        for (State state : State.values()) {
            counts.put(state, new LongAdder());
        }
    }

    private LongAdder count(State state) {
        return Objects.requireNonNull(counts.get(state));
    }

    void add(State to) {
        count(to).increment();
    }

    /** How often this state was entered. */
    public long to(State state) {
        return count(state).sum();
    }
}
