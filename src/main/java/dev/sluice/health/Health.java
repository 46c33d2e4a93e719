package dev.sluice.health;

import dev.sluice.config.EjectionConfiguration;
import dev.sluice.config.HealthCheckConfiguration;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The health of one target: a state machine fed by the results of its checks and of its requests. Each flip from one
 * state to another is logged once, with its reason. Safe for use by many threads.
 *
 * <pre>
 *   INITIAL ── a check passed ──▶ HEALTHY ◀── checks passed ── UNHEALTHY ◀── checks failed ── any
 *   INITIAL, HEALTHY ── requests failed ──▶ EJECTED ── time over ──▶ what it would be without
 * </pre>
 *
 * <p>Without checks a target is HEALTHY from the start. When checks make a target HEALTHY or UNHEALTHY, its record of
 * failed requests is cleared.
 */
public final class Health {

    /** From the fittest down. */
    public enum State {
        /** Passes its checks, or has none. */
        HEALTHY,
        /** Not yet found healthy or unhealthy. */
        INITIAL,
        /** Left out for a while because its requests failed. */
        EJECTED,
        /** Fails its checks. */
        UNHEALTHY
    }

    private static final Logger LOG = LoggerFactory.getLogger(Health.class);

    private static final String UNCHECKED = "it has no checks any more";

    private static final Duration LONGEST_EJECTION = Duration.ofMinutes(5);

    private final String target;
    private final Ejections ejections;
    private final ScheduledExecutorService timer;
    private final LongSupplier nanoClock;
    private final Flips flips;
    private volatile Runnable onFlip;
    private volatile boolean left; // its target has left the group

    // The rest is changed only with the monitor held, and read without it only where it is volatile.

    private @Nullable HealthCheckConfiguration checks;
    private EjectionConfiguration ejection;

    private volatile State state;
    private Instant since = Instant.now(); // for people only
    private String reason;
    private int passed; // consecutive checks
    private int failed; // consecutive checks

    private int consecutiveFailures; // of requests
    private int consecutiveEjections; // without a good spell in between
    private volatile boolean flawless = true; // both are 0
    private State beforeEjection;
    private Duration ejectedFor = Duration.ZERO;
    private Instant ejectedUntil = Instant.EPOCH;
    private long backSince; // by the clock, when the last ejection ended or checks last changed the state
    private @Nullable Future<?> ejectionEnds;
    private boolean closed;

    /**
     * @param target the names of its group and itself, for the log
     * @param checks null if it is not checked
     * @param ejections of its group
     * @param nanoClock as {@link System#nanoTime}
     * @param flips counts its flips, possibly along with those of others
     * @param onFlip runs after each flip, without a lock held, on the thread that caused it
     */
    public Health(
            String target,
            @Nullable HealthCheckConfiguration checks,
            EjectionConfiguration ejection,
            Ejections ejections,
            ScheduledExecutorService timer,
            LongSupplier nanoClock,
            Flips flips,
            Runnable onFlip) {
        this.target = target;
        this.checks = checks;
        this.ejection = ejection;
        this.ejections = ejections;
        this.timer = timer;
        this.nanoClock = nanoClock;
        this.flips = flips;
        this.onFlip = onFlip;
        this.state = checks == null ? State.HEALTHY : State.INITIAL;
        this.reason = checks == null ? "it has no checks" : "it has not been checked yet";
        this.beforeEjection = state;
        this.backSince = nanoClock.getAsLong();
    }

    /**
     * Continues with another configuration, in the current state. If the checks end, no check can find the target
     * healthy any more, so it is assumed to be. If no target is to be ejected any more, this one is not either.
     *
     * @param checks null if it is no longer checked
     * @param onFlip replaces the former one; not called for a flip made by this call
     */
    public void reconfigure(
            @Nullable HealthCheckConfiguration checks, EjectionConfiguration ejection, Runnable onFlip) {
        this.onFlip = onFlip;
        synchronized (this) {
            boolean wasChecked = this.checks != null;
            this.checks = checks;
            this.ejection = ejection;
            if (wasChecked && checks == null) {
                checksEnd();
            } else if (!wasChecked && checks != null && state == State.HEALTHY) {
                reason = "it was in use before it had checks";
            }
            if (ejection.consecutiveFailures() == 0) {
                ejectionsEnd();
            }
        }
    }

    private void ejectionsEnd() {
        if (state == State.EJECTED) {
            comeBack("it was EJECTED, and ejection was switched off");
            LOG.info("{} is {} again: {}", target, state, reason);
        }
        forgetFailures();
    }

    private void checksEnd() {
        passed = 0;
        failed = 0;
        beforeEjection = State.HEALTHY;
        switch (state) {
            case HEALTHY -> reason = UNCHECKED;
            case INITIAL, UNHEALTHY -> become(State.HEALTHY, UNCHECKED);
            case EJECTED -> {} // not because of its checks
        }
    }

    /** The current state. */
    public State state() {
        return state;
    }

    /**
     * The state and its cause.
     *
     * @param since when it entered the state
     * @param reason why it entered the state, in words for the log
     * @param ejectedUntil null unless EJECTED
     */
    public record Finding(
            State state,
            Instant since,
            String reason,
            @Nullable Instant ejectedUntil) {}

    /** The current state with its reason. */
    public synchronized Finding finding() {
        return new Finding(state, since, reason, state == State.EJECTED ? ejectedUntil : null);
    }

    /** The counts of its flips. */
    public Flips flips() {
        return flips;
    }

    /**
     * Sets whether its target has left its group, and so is expected to end: its flips are then neither counted nor
     * warned of, unless it comes back as it is.
     */
    public synchronized void setLeft(boolean itHas) {
        boolean isBack = left && !itHas;
        left = itHas;
        if (isBack && state.compareTo(State.INITIAL) > 0) {
            flips.add(state);
            LOG.warn("{} is {}: {}", target, state, reason);
        }
    }

    /** Called with the monitor held. */
    private void turn(State next, String why) {
        state = next;
        if (!left) {
            flips.add(next);
        }
        since = Instant.now();
        reason = why;
    }

    /** Records a passed check. */
    void checkPassed() {
        flipping(() -> {
            failed = 0;
            passed++;
            beforeEjection = State.HEALTHY;
            if (state == State.INITIAL) {
                become(State.HEALTHY, "it passed its first check");
            } else if (state == State.UNHEALTHY && checks != null && passed >= checks.healthyThreshold()) {
                become(State.HEALTHY, passed + " checks passed in a row");
            }
        });
    }

    /** Records a failed check. The reason is for the log. */
    void checkFailed(String reason) {
        flipping(() -> {
            passed = 0;
            failed++;
            if (state == State.INITIAL) {
                this.reason =
                        failed + (failed == 1 ? " check" : " checks") + " failed, none passed; the last: " + reason;
            }
            if (state != State.UNHEALTHY && checks != null && failed >= checks.unhealthyThreshold()) {
                become(State.UNHEALTHY, failed + " checks failed in a row, the last: " + reason);
            } else if (state == State.INITIAL && failed == 1) {
                LOG.info("{} has failed its first check: {}", target, reason);
            }
        });
    }

    /** Enters a state and clears the record of failed requests. Called with the monitor held. */
    private void become(State next, String why) {
        letBackIn();
        forgetFailures();
        backSince = nanoClock.getAsLong();
        turn(next, why);
        LOG.atLevel(next == State.HEALTHY ? Level.INFO : warning()).log("{} is {}: {}", target, next, why);
    }

    private Level warning() {
        return left ? Level.INFO : Level.WARN;
    }

    private void forgetFailures() {
        consecutiveFailures = 0;
        consecutiveEjections = 0;
        flawless = true;
    }

    /**
     * The target sent a complete response, with a status that is no failure. Ignored while it is ejected.
     *
     * @param begun as of {@link #requestFailed}: a target that accepts nothing any more may still finish what it has
     */
    public void requestSucceeded(long begun) {
        if (flawless) {
            return; // nearly always
        }
        synchronized (this) {
            if (state == State.EJECTED || begun - backSince < 0) {
                return;
            }
            consecutiveFailures = 0;
            if (consecutiveEjections > 0 && nanoClock.getAsLong() - backSince >= ejectedFor.toNanos()) {
                consecutiveEjections = 0; // it has been back for as long as it was out
            }
            flawless = consecutiveEjections == 0;
        }
    }

    /**
     * The target could not be reached, broke off, stayed silent, or responded with a status that is a failure.
     *
     * @param failure what went wrong, in words for the log
     * @param begun when the request began, in nanoseconds, by the clock. Ignored if that was before the last ejection
     *     ended or before checks last changed the state: the failure then says nothing new.
     */
    public void requestFailed(String failure, long begun) {
        flipping(() -> {
            if (state == State.EJECTED || begun - backSince < 0) {
                return;
            }
            consecutiveFailures++;
            flawless = false;
            if (ejection.consecutiveFailures() > 0
                    && consecutiveFailures >= ejection.consecutiveFailures()
                    && state != State.UNHEALTHY
                    && ejections.take(this)) {
                eject(failure);
            }
        });
    }

    private void eject(String lastFailure) {
        consecutiveEjections++;
        Duration longer = ejection.duration().multipliedBy(consecutiveEjections);
        ejectedFor = longer.compareTo(LONGEST_EJECTION) < 0 ? longer : LONGEST_EJECTION;
        ejectionEnds = timer.schedule(this::endEjection, ejectedFor.toMillis(), TimeUnit.MILLISECONDS);
        beforeEjection = state;
        turn(State.EJECTED, consecutiveFailures + " requests failed in a row, the last: " + lastFailure);
        ejectedUntil = since.plus(ejectedFor);
        LOG.atLevel(warning()).log("{} is {} for {} s: {}", target, state, ejectedFor.toSeconds(), reason);
    }

    /** Ends the ejection, if any. The next failed request ejects the target again, unless one succeeds first. */
    public void endEjection() {
        flipping(() -> {
            if (state == State.EJECTED) {
                comeBack("it was EJECTED, and is tried again");
                LOG.info("{} is {} again, and tried", target, state);
            }
        });
    }

    private void comeBack(String why) {
        letBackIn();
        turn(beforeEjection, why);
        backSince = nanoClock.getAsLong();
    }

    private void letBackIn() {
        if (ejectionEnds != null) {
            ejectionEnds.cancel(false);
            ejectionEnds = null;
            ejections.giveBack(this);
        }
    }

    /** Freezes the state: later results are ignored. */
    public synchronized void close() {
        letBackIn();
        closed = true;
    }

    /** Runs a transition, unless closed, and then tells of a flip. */
    private void flipping(Runnable transition) {
        boolean flipped;
        synchronized (this) {
            State before = state;
            if (!closed) {
                transition.run();
            }
            flipped = state != before;
        }
        if (flipped) {
            onFlip.run();
        }
    }
}
