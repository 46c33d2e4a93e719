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

    private static final double SECOND_NANOS = Duration.ofSeconds(1).toNanos();

    private final LongSupplier total;
    private final LongSupplier nanoClock;
    private final int[] perSecond = new int[SECONDS];
    private int oldest;
    private long sampledTotal;
    private long sampledAt;

    /**
     * @param total the total number of requests so far
     * @param nanoClock as {@link System#nanoTime}
     */
    RequestRate(LongSupplier total, LongSupplier nanoClock) {
        this.total = total;
        this.nanoClock = nanoClock;
        this.sampledAt = nanoClock.getAsLong();
    }

    /** Called every second. The requests of a late sample are spread over the seconds since the last one. */
    public synchronized void sample() {
        long now = nanoClock.getAsLong();
        long all = total.getAsLong();
        long came = all - sampledTotal;
        long seconds = Math.max(1, Math.round((now - sampledAt) / SECOND_NANOS));
        for (long second = Math.max(0, seconds - SECONDS); second < seconds; second++) {
            perSecond[oldest] = (int) (came * (second + 1) / seconds - came * second / seconds);
            oldest = (oldest + 1) % SECONDS;
        }
        sampledTotal = all;
        sampledAt = now;
    }

    /** Requests per second, oldest first; immutable. */
    public synchronized List<Integer> lastMinute() {
        return IntStream.range(oldest, oldest + SECONDS)
                .mapToObj(second -> perSecond[second % SECONDS])
                .toList();
    }
}
