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

/**
 * The health of one target: the state machine that the results of its checks and of its requests go through. Each flip from one state to
 * another is logged once, with its reason. Safe for use by many threads.
 *
 * <pre>
 *   INITIAL ── a check passed ──▶ HEALTHY ◀── checks passed ── UNHEALTHY ◀── checks failed ── any
 *   INITIAL, HEALTHY ── requests failed ──▶ EJECTED ── time over ──▶ what it would be without
 * </pre>
 *
 * <p>Without checks a target is HEALTHY from the start. One that becomes HEALTHY or UNHEALTHY by its checks begins with a clean record of
 * its requests.
 */
public final class Health {

    /** From the fittest down. */
    public enum State {
        /** It passes its checks, or has none. */
        HEALTHY,
        /** It has not been found healthy or unhealthy yet. */
        INITIAL,
        /** Its requests have failed: it is left out for a while. */
        EJECTED,
        /** It fails its checks. */
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

    private @Nullable HealthCheckConfiguration checks; // guarded by the monitor, as what follows
    private EjectionConfiguration ejection;

    private volatile State state;
    private Instant since = Instant.now(); // for people only
    private String reason;
    private int passed; // checks in a row
    private int failed; // checks in a row

    private int failures; // requests in a row
    private int row; // how often it was ejected without having done well in between
    private volatile boolean flawless = true; // both are 0
    private State beforeEjection;
    private Duration ejectedFor = Duration.ZERO;
    private Instant ejectedUntil = Instant.EPOCH;
    private long backSince;
    private @Nullable Future<?> ejectionEnds;
    private boolean closed;

    /**
     * @param target its group and its name, for the log
     * @param checks null if it is not checked
     * @param ejections of its group
     * @param nanoClock as {@link System#nanoTime}
     * @param flips where its flips are counted, beside those of others
     * @param onFlip called after each flip, without a lock, by the thread that brought it about
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
     * Goes on under another configuration, in the state that it is in; but without checks it cannot be told to be well any more, so it is
     * taken to be.
     *
     * @param checks null if it is not checked any more
     * @param onFlip called from now on, instead of what was; not for this
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
        }
    }

    private void checksEnd() {
        passed = 0;
        failed = 0;
        beforeEjection = State.HEALTHY;
        switch (state) {
            case HEALTHY -> reason = UNCHECKED;
            case INITIAL, UNHEALTHY -> become(State.HEALTHY, UNCHECKED);
            case EJECTED -> {} // not by its checks
        }
    }

    /** As of now. */
    public State state() {
        return state;
    }

    /**
     * How it is, and why.
     *
     * @param since when it became so
     * @param reason what brought it about, in words for the log
     * @param ejectedUntil null unless it is EJECTED
     */
    public record Finding(
            State state,
            Instant since,
            String reason,
            @Nullable Instant ejectedUntil) {}

    /** The state with its reason, as of now. */
    public synchronized Finding finding() {
        return new Finding(state, since, reason, state == State.EJECTED ? ejectedUntil : null);
    }

    /** Where its flips are counted. */
    public Flips flips() {
        return flips;
    }

    /** Called with the monitor held. */
    private void turn(State next, String why) {
        state = next;
        flips.add(next);
        since = Instant.now();
        reason = why;
    }

    /** A check has found it well. */
    public void checkPassed() {
        flipping(() -> {
            failed = 0;
            passed++;
            beforeEjection = State.HEALTHY;
            if (state == State.INITIAL) {
                return become(State.HEALTHY, "it passed its first check");
            }
            return state == State.UNHEALTHY
                    && checks != null
                    && passed >= checks.healthyThreshold()
                    && become(State.HEALTHY, passed + " checks passed in a row");
        });
    }

    /** A check has found it unwell. */
    public void checkFailed(String reason) {
        flipping(() -> {
            passed = 0;
            failed++;
            return state != State.UNHEALTHY
                    && checks != null
                    && failed >= checks.unhealthyThreshold()
                    && become(State.UNHEALTHY, failed + " checks failed in a row, the last: " + reason);
        });
    }

    /** Whatever it was left out for belongs to the past. */
    private boolean become(State next, String why) {
        letBackIn();
        failures = 0;
        row = 0;
        flawless = true;
        backSince = nanoClock.getAsLong();
        turn(next, why);
        if (next == State.HEALTHY) {
            LOG.info("{} is {}: {}", target, next, why);
        } else {
            LOG.warn("{} is {}: {}", target, next, why);
        }
        return true;
    }

    /** A request got its whole answer. */
    public void requestSucceeded() {
        if (flawless) {
            return; // as nearly always
        }
        synchronized (this) {
            failures = 0;
            if (row > 0 && state != State.EJECTED && nanoClock.getAsLong() - backSince >= ejectedFor.toNanos()) {
                row = 0; // it has been in for as long as it was out
            }
            flawless = row == 0;
        }
    }

    /**
     * A request could not be brought to it, or got no answer or half of one.
     *
     * @param failure what went wrong, in words for the log
     * @param begun when it was begun with, by the clock: what was begun with before an ejection, or before checks have changed the
     *     state, says nothing new after that
     */
    public void requestFailed(String failure, long begun) {
        flipping(() -> {
            if (state == State.EJECTED || begun - backSince < 0) {
                return false;
            }
            failures++;
            flawless = false;
            return ejection.consecutiveFailures() > 0
                    && failures >= ejection.consecutiveFailures()
                    && (state == State.HEALTHY || state == State.INITIAL)
                    && ejections.take(this)
                    && eject(failure);
        });
    }

    private boolean eject(String lastFailure) {
        row++;
        Duration longer = ejection.duration().multipliedBy(row);
        ejectedFor = longer.compareTo(LONGEST_EJECTION) < 0 ? longer : LONGEST_EJECTION;
        ejectionEnds = timer.schedule(this::endEjection, ejectedFor.toMillis(), TimeUnit.MILLISECONDS);
        beforeEjection = state;
        turn(State.EJECTED, failures + " requests failed in a row, the last: " + lastFailure);
        ejectedUntil = since.plus(ejectedFor);
        LOG.warn("{} is {} for {} s: {}", target, state, ejectedFor.toSeconds(), reason);
        return true;
    }

    /** It is tried again: with the next failure it is out again. */
    public void endEjection() {
        flipping(() -> {
            if (state != State.EJECTED) {
                return false;
            }
            letBackIn();
            turn(beforeEjection, "it was EJECTED, and is tried again");
            backSince = nanoClock.getAsLong();
            LOG.info("{} is {} again, and tried", target, state);
            return true;
        });
    }

    private void letBackIn() {
        if (ejectionEnds != null) {
            ejectionEnds.cancel(false);
            ejectionEnds = null;
            ejections.giveBack(this);
        }
    }

    /** Ends it: it stays in its state, whatever comes. */
    public synchronized void close() {
        letBackIn();
        closed = true;
    }

    @FunctionalInterface
    private interface Transition {
        /** Whether the state has changed. */
        boolean happens();
    }

    private void flipping(Transition transition) {
        boolean flipped;
        synchronized (this) {
            flipped = !closed && transition.happens();
        }
        if (flipped) {
            onFlip.run();
        }
    }
}
