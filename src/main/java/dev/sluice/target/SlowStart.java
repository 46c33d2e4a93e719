package dev.sluice.target;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Ramps up the share of a target that has just become available: linearly, from a tenth to its full share. Immutable.
 */
final class SlowStart {

    static final SlowStart NONE = new SlowStart(Duration.ZERO, () -> 0);

    private static final double FIRST_SHARE = 0.1;

    private final long nanos;
    private final LongSupplier nanoClock;
    private final long start;

    /** Starts now. */
    SlowStart(Duration duration, LongSupplier nanoClock) {
        this(duration.toNanos(), nanoClock, nanoClock.getAsLong());
    }

    private SlowStart(long nanos, LongSupplier nanoClock, long start) {
        this.nanos = nanos;
        this.nanoClock = nanoClock;
        this.start = start;
    }

    /** One with the same start that is over after this time, if it would have taken longer. */
    SlowStart within(Duration most) {
        return most.toNanos() < nanos ? new SlowStart(most.toNanos(), nanoClock, start) : this;
    }

    /** From 0.1 to 1. */
    double share() {
        return nanos == 0 ? 1 : Math.min(1, FIRST_SHARE + (1 - FIRST_SHARE) * (nanoClock.getAsLong() - start) / nanos);
    }
}
