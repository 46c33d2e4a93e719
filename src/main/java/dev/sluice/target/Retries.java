package dev.sluice.target;

import dev.sluice.config.RetryConfiguration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Limits the retries of one group's requests. Besides the limit per request there is a budget for the group: a
 * percentage of the last seconds' requests, or a few per second if that is more, so that a failing group is not
 * overwhelmed by its own retries. Safe for use by many threads.
 */
public final class Retries {

    /** No retry: see {@link #take}. */
    public static final long NONE = -1;

    /** The window of the budget. */
    private static final int SECONDS = 10;

    /** The minimum budget, per second of the window. */
    private static final int FLOOR_PER_SECOND = 3;

    private final RetryConfiguration configuration;
    private final LongSupplier nanoClock;
    private final long start;

    /** Counts per second of the window, as a ring buffer; {@link #retries} likewise. */
    private final int[] requests = new int[SECONDS];

    private final int[] retries = new int[SECONDS];
    private long now; // in seconds since start

    /** @param nanoClock as {@link System#nanoTime} */
    Retries(RetryConfiguration configuration, LongSupplier nanoClock) {
        this.configuration = configuration;
        this.nanoClock = nanoClock;
        this.start = nanoClock.getAsLong();
    }

    /** The maximum number of targets tried for one request. */
    public int attempts() {
        return configuration.attempts();
    }

    /** Whether a response with this status is a reason to try another target. */
    public boolean areFor(int status) {
        return configuration.onStatus().contains(status);
    }

    /** Counts a request, which adds its share to the budget. */
    synchronized void requestCame() {
        advance();
        requests[(int) (now % SECONDS)]++;
    }

    /**
     * Takes one retry from the budget. Returns what {@link #giveBack} needs to give it back, or {@link #NONE} if the
     * budget is exhausted.
     */
    public synchronized long take() {
        advance();
        long most = Math.max(FLOOR_PER_SECOND * SECONDS, (long) sum(requests) * configuration.budgetPercent() / 100);
        if (sum(retries) >= most) {
            return NONE;
        }
        retries[(int) (now % SECONDS)]++;
        return now;
    }

    /** Returns a retry that did not take place. Has no effect if it no longer counts. */
    public synchronized void giveBack(long taken) {
        advance();
        if (taken > now - SECONDS) {
            retries[(int) (taken % SECONDS)]--;
        }
    }

    private void advance() {
        long second = TimeUnit.NANOSECONDS.toSeconds(nanoClock.getAsLong() - start);
        for (long passed = Math.max(now + 1, second - SECONDS + 1); passed <= second; passed++) {
            requests[(int) (passed % SECONDS)] = 0;
            retries[(int) (passed % SECONDS)] = 0;
        }
        now = Math.max(now, second);
    }

    private static int sum(int[] counts) {
        int sum = 0;
        for (int count : counts) {
            sum += count;
        }
        return sum;
    }
}
