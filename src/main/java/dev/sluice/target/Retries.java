package dev.sluice.target;

import dev.sluice.config.RetryConfiguration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How often the requests of one group may be tried on another target. Beside the limit for each there is a budget for all: so many percent
 * of the last seconds' requests, or a few a second if that is more, so that a group that fails is not killed by its own retries. Safe for use
 * by many threads.
 */
public final class Retries {

    /** The window that the budget is counted over. */
    private static final int SECONDS = 10;

    /** Where there are few requests. */
    private static final int FLOOR_PER_SECOND = 3;

    private final RetryConfiguration configuration;
    private final LongSupplier nanoClock;
    private final long start;

    /** Those of each second, that of now and those before it, round and round. */
    private final int[] requests = new int[SECONDS];

    private final int[] retries = new int[SECONDS];
    private long now; // in seconds

    /** @param nanoClock as {@link System#nanoTime} */
    Retries(RetryConfiguration configuration, LongSupplier nanoClock) {
        this.configuration = configuration;
        this.nanoClock = nanoClock;
        this.start = nanoClock.getAsLong();
    }

    /** How many targets are tried for one request at most. */
    public int attempts() {
        return configuration.attempts();
    }

    /** Whether an answer with this status is a reason to try another target. */
    public boolean areFor(int status) {
        return configuration.onStatus().contains(status);
    }

    /** A request has come, which makes room for a part of a retry. */
    synchronized void requestCame() {
        advance();
        requests[(int) (now % SECONDS)]++;
    }

    /** Whether there may be one more retry now, which is counted. */
    public synchronized boolean take() {
        advance();
        long most = Math.max(FLOOR_PER_SECOND * SECONDS, (long) sum(requests) * configuration.budgetPercent() / 100);
        if (sum(retries) >= most) {
            return false;
        }
        retries[(int) (now % SECONDS)]++;
        return true;
    }

    /** There was nothing to try after all. */
    public synchronized void giveBack() {
        advance();
        retries[(int) (now % SECONDS)]--; // should its second be over, the sum is right all the same
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
