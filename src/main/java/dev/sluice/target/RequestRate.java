package dev.sluice.target;

import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * How many requests of a kind a target had in each of the last 60 seconds, as far as somebody samples that once a second: requests themselves
 * are only counted. Safe for use by many threads.
 */
public final class RequestRate {

    /** How far it goes back. */
    public static final int SECONDS = 60;

    /** What is sampled earlier, by a second one who samples, is left for the next time. */
    private static final long LEAST_NANOS = Duration.ofMillis(500).toNanos();

    private static final double SECOND_NANOS = Duration.ofSeconds(1).toNanos();

    private final LongSupplier total;
    private final LongSupplier nanoClock;
    private final int[] perSecond = new int[SECONDS];
    private int oldest;
    private long sampledTotal;
    private long sampledAt;

    /**
     * @param total how many requests there were until now
     * @param nanoClock as {@link System#nanoTime}
     */
    RequestRate(LongSupplier total, LongSupplier nanoClock) {
        this.total = total;
        this.nanoClock = nanoClock;
        this.sampledAt = nanoClock.getAsLong();
    }

    /** To be called each second. One that comes late counts what came meanwhile as per second. */
    public synchronized void sample() {
        long now = nanoClock.getAsLong();
        long elapsed = now - sampledAt;
        if (elapsed < LEAST_NANOS) {
            return;
        }
        long all = total.getAsLong();
        perSecond[oldest] = (int) Math.round((all - sampledTotal) * SECOND_NANOS / elapsed);
        oldest = (oldest + 1) % SECONDS;
        sampledTotal = all;
        sampledAt = now;
    }

    /** Requests per second, the oldest second first; immutable. */
    public synchronized List<Integer> lastMinute() {
        return IntStream.range(oldest, oldest + SECONDS)
                .mapToObj(second -> perSecond[second % SECONDS])
                .toList();
    }
}
