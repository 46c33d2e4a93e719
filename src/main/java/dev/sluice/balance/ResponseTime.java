package dev.sluice.balance;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A moving average, weighted by age, of a target's recent response times: from the end of the request to the head of
 * the response. A time above the average replaces it at once (a peak); a lower one is averaged in. Without new times
 * the average decays, so that a target that was slow, and is therefore avoided, becomes worth another try. This is
 * Finagle's peak EWMA.
 *
 * <p>The failure rate is averaged separately, over requests and by age. Each percent of failures adds 10 ms, so that a
 * target that fails fast does not look fast, and of many requests a few failures do little harm. The sum is divided by
 * the rate of success: otherwise a target that fails every request would win where each of the others has many in
 * flight. Safe for use by many threads.
 */
public final class ResponseTime {

    /** The time in which the weight of the past falls to 1/e: from 100 ms to 5 ms takes three times as long. */
    private static final double DECAY_NANOS = Duration.ofMillis(2_500).toNanos();

    /** The minimum average. With 0, the requests in flight of a very fast or long idle target would not count. */
    private static final double LEAST_NANOS = 1_000;

    /** The penalty for a target that fails every request. */
    private static final double FAILURE_NANOS = Duration.ofSeconds(1).toNanos();

    /** The lowest weight of one request in the failure rate: where few come, each has a higher one. */
    private static final double ONE_REQUEST = 0.01;

    /** A target that fails more often than this is thought no worse of. */
    private static final double HIGHEST_RATE = 0.99;

    private final LongSupplier nanoClock;
    private double average; // nanoseconds; 0 without a sample
    private double failing; // the failure rate, 0 to 1
    private long at;
    private volatile long triedAt; // when a request began last

    /** @param nanoClock as {@link System#nanoTime} */
    public ResponseTime(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.triedAt = nanoClock.getAsLong() - (long) DECAY_NANOS;
    }

    /**
     * A request begins.
     *
     * @param now by the clock
     */
    public void tried(long now) {
        triedAt = now;
    }

    /** Whether a request has begun so recently that its response may just be on its way. */
    public boolean isBeingTried() {
        return nanoClock.getAsLong() - triedAt < DECAY_NANOS;
    }

    /** A response whose head arrived after this many nanoseconds. */
    public synchronized void observe(long nanos) {
        double past = weightOfPast();
        observe((double) nanos, past);
        failing *= 1 - weightOfRequest(past);
    }

    /** A failure after this many nanoseconds. */
    public synchronized void observeFailure(long nanos) {
        double past = weightOfPast();
        observe(Math.max((double) nanos, average * past), past);
        failing += (1 - failing) * weightOfRequest(past);
    }

    /**
     * The request was abandoned after this many nanoseconds without a response: the response time would have been at
     * least that.
     */
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

    /** The average in nanoseconds, as of the last observation and without the failure penalty; 0 without a sample. */
    public synchronized double average() {
        return average;
    }

    /** The expected response time in nanoseconds, including the penalty for failures; 0 without a sample. */
    public synchronized double expected() {
        if (average == 0) {
            return 0;
        }
        double past = weightOfPast();
        double rate = Math.min(failing * past, HIGHEST_RATE);
        return (Math.max(average * past, LEAST_NANOS) + FAILURE_NANOS * rate) / (1 - rate);
    }

    private static double weightOfRequest(double weightOfPast) {
        return Math.max(ONE_REQUEST, 1 - weightOfPast);
    }

    private double weightOfPast() {
        return average == 0 ? 0 : Math.exp(-Math.max(0, nanoClock.getAsLong() - at) / DECAY_NANOS);
    }
}
