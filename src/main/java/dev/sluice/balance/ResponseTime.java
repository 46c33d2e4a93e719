package dev.sluice.balance;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How quick a target was of late: a moving average of the times from the end of a request to the head of its answer, weighted by age.
 * A time above the average replaces it at once (a peak), one below is averaged in; and where no time comes the average falls, so that
 * a target that was slow, and is therefore left alone, looks worth a try again. This is Finagle's peak EWMA.
 *
 * <p>Failures are averaged beside it, over requests and by age: each percent of them counts as so much slower that a target that fails
 * fast is not fast, and a few failures are not a catastrophe. Safe for use by many threads.
 */
public final class ResponseTime {

    /** In which the weight of the past falls to 1/e: from 100 ms to 5 ms it takes three of these. */
    private static final double DECAY_NANOS = Duration.ofMillis(2_500).toNanos();

    /** What even a target that answers at once, or was not asked for long, counts as. Else its requests in flight would count nothing. */
    private static final double LEAST_NANOS = 1_000;

    /** What a target counts as that does nothing but fail. */
    private static final double FAILURE_NANOS = Duration.ofSeconds(1).toNanos();

    /** The weight of one request among those that failed or did not. */
    private static final double ONE_REQUEST = 0.01;

    private final LongSupplier nanoClock;
    private double average; // 0 for no sample
    private double failing; // the share of failures, 0 to 1
    private long at;

    /** @param nanoClock as {@link System#nanoTime} */
    public ResponseTime(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** An answer whose head came after so many nanoseconds. */
    public synchronized void observe(long nanos) {
        double past = weightOfPast();
        observe((double) nanos, past);
        failing *= past * (1 - ONE_REQUEST);
    }

    /** A failure after so many nanoseconds. */
    public synchronized void observeFailure(long nanos) {
        double past = weightOfPast();
        observe(Math.max((double) nanos, average * past), past);
        failing = failing * past * (1 - ONE_REQUEST) + ONE_REQUEST;
    }

    /** Nothing has come for so many nanoseconds, and nobody waits any longer: it would have been at least as slow as that. */
    public synchronized void observeAtLeast(long nanos) {
        double past = weightOfPast();
        if (nanos > average * past) {
            observe((double) nanos, past);
            failing *= past;
        }
    }

    private void observe(double nanos, double weightOfPast) {
        double past = average * weightOfPast;
        average = Math.max(LEAST_NANOS, nanos > past ? nanos : past + nanos * (1 - weightOfPast));
        at = nanoClock.getAsLong();
    }

    /** The average as it was at the last answer, in nanoseconds, failures apart; 0 if nothing was observed yet. */
    public synchronized double average() {
        return average;
    }

    /** What is to be expected, in nanoseconds; 0 if nothing was observed yet. */
    public synchronized double expected() {
        if (average == 0) {
            return 0;
        }
        double past = weightOfPast();
        return Math.max(average * past, LEAST_NANOS) + FAILURE_NANOS * failing * past;
    }

    private double weightOfPast() {
        return Math.exp(-Math.max(0, nanoClock.getAsLong() - at) / DECAY_NANOS);
    }
}
