package dev.sluice.observe;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How often the configuration was read again while the process runs, and what came of it. Safe for use by many threads. */
public final class Reloads {

    private final InstantSource clock;
    private volatile State state;

    /**
     * All of it at one time. Immutable.
     *
     * @param successes how often what was read was taken, be it that nothing had changed
     * @param failures how often all stayed as it was, for what was read was wrong
     * @param inUseSince when what is in use was put into use; at first that is when this was made
     * @param lastSuccess null if there was none
     * @param lastFailure null if there was none
     * @param problems what was wrong the last time; empty if nothing was
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

        /** Whether what was read last is not in use. */
        public boolean isRefused() {
            return !problems.isEmpty();
        }
    }

    public Reloads(InstantSource clock) {
        this.clock = clock;
        this.state = new State(0, 0, clock.instant(), null, null, List.of());
    }

    /** As of now. */
    public State state() {
        return state;
    }

    /**
     * The configuration was read and is in use.
     *
     * @param changed whether it is another one than before
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
     * The configuration was read, and the one before it stays in use.
     *
     * @param problems at least one, for people
     */
    public synchronized void failed(List<String> problems) {
        state = new State(
                state.successes, state.failures + 1, state.inUseSince, state.lastSuccess, clock.instant(), problems);
    }
}
