package dev.sluice.observe;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts how often the configuration was read again since the process started, and holds the last result. Safe for use
 * by many threads.
 */
public final class Reloads {

    private final InstantSource clock;
    private volatile State state;

    /**
     * A consistent snapshot. Immutable.
     *
     * @param successes how often the configuration that was read was accepted, changed or not
     * @param failures how often the configuration that was read was wrong or could not be put into use, so that the one
     *     before stayed
     * @param inUseSince when the current configuration was put into use; initially the time of construction
     * @param lastSuccess null for none
     * @param lastFailure null for none
     * @param problems the problems of the last reload; empty if it succeeded
     */
    public record State(
            long successes,
            long failures,
            Instant inUseSince,
            @Nullable Instant lastSuccess,
            @Nullable Instant lastFailure,
            List<String> problems) {

        public State {
            problems = List.copyOf(problems);
        }

        /** Whether the last reload failed. */
        public boolean isRefused() {
            return !problems.isEmpty();
        }
    }

    /** The first configuration is in use from now on; it has not been read again yet. */
    public Reloads(InstantSource clock) {
        this.clock = clock;
        this.state = new State(0, 0, clock.instant(), null, null, List.of());
    }

    /** The current state. */
    public State state() {
        return state;
    }

    /**
     * The configuration was read and is in use.
     *
     * @param changed whether it differs from the one before
     */
    public synchronized void succeeded(boolean changed) {
        Instant now = clock.instant();
        state = new State(
                state.successes + 1,
                state.failures,
                changed ? now : state.inUseSince,
                now,
                state.lastFailure,
                List.of());
    }

    /**
     * The configuration was read, and the one before stays in use.
     *
     * @param problems at least one, for people
     */
    public synchronized void failed(List<String> problems) {
        state = new State(
                state.successes, state.failures + 1, state.inUseSince, state.lastSuccess, clock.instant(), problems);
    }
}
