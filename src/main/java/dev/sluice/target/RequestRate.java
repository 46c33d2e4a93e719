package dev.sluice.target;

import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * How many requests of one kind a target had in each of the last 60 seconds. Depends on a caller that samples once a
 * second; requests themselves are only counted. Safe for use by many threads.
 */
public final class RequestRate {

    /** The length of the history. */
    public static final int SECONDS = 60;

    private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();

    private final LongSupplier total;
    private final LongSupplier nanoClock;
    private final int[] perSecond = new int[SECONDS];
    private int oldest;
    private long sampledTotal;
    private long sampledAt; // the end of the last second that is in the history

    /**
     * @param total the total number of requests so far
     * @param nanoClock as {@link System#nanoTime}
     */
    RequestRate(LongSupplier total, LongSupplier nanoClock) {
        this.total = total;
        this.nanoClock = nanoClock;
        this.sampledAt = nanoClock.getAsLong();
    }

    /**
     * Called every second. The requests of a late sample are spread over the seconds since the last one. What is left of
     * a second counts in the next sample: all are a little late, and would show a little too many requests otherwise.
     */
    public synchronized void sample() {
        long now = nanoClock.getAsLong();
        long all = total.getAsLong();
        long came = all - sampledTotal;
        long seconds = Math.max(1, Math.round((double) (now - sampledAt) / SECOND_NANOS));
        for (long second = Math.max(0, seconds - SECONDS); second < seconds; second++) {
            perSecond[oldest] = (int) (came * (second + 1) / seconds - came * second / seconds);
            oldest = (oldest + 1) % SECONDS;
        }
        sampledTotal = all;
        sampledAt += seconds * SECOND_NANOS;
    }

    /** Requests per second, oldest first; immutable. */
    public synchronized List<Integer> lastMinute() {
        return IntStream.range(oldest, oldest + SECONDS)
                .mapToObj(second -> perSecond[second % SECONDS])
                .toList();
    }
}
