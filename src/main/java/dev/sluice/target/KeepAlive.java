package dev.sluice.target;

import java.time.Duration;
import java.util.StringTokenizer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long an idle connection to one target is kept for reuse: always a little less than the target keeps it, as far as
 * the target announces that or its closes have shown it. Safe for use by many threads.
 */
public final class KeepAlive {

    /** For targets that announce nothing: less than the shortest common default, 5 s. */
    private static final long DEFAULT_MILLIS = 4_000;

    /** A connection closed sooner than this was closed for another reason, such as the end of its last response. */
    private static final long LEAST_NANOS = Duration.ofSeconds(1).toNanos();

    /** Closes within this time count as one observation: a restart closes all connections at once. */
    private static final long ONCE_NANOS = Duration.ofSeconds(1).toNanos();

    /** Relative difference up to which two observations agree. */
    private static final double AGREEING = 0.2;

    /** Age at which an observation expires: the target may have been reconfigured. */
    private static final long FORGOTTEN_NANOS = Duration.ofMinutes(10).toNanos();

    /** The fraction of the observed time that is considered safe. */
    private static final double SAFE = 0.75;

    private static final String TIMEOUT = "timeout=";

    private final LongSupplier nanoClock;
    private volatile Seen seen = new Seen(Long.MAX_VALUE, 0);
    private Seen unconfirmed = seen; // guarded by this

    /** How long the connection had been idle when the target closed it, in nanoseconds, and when that was. */
    private record Seen(long idle, long at) {}

    KeepAlive(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /**
     * How long a connection may be idle, in milliseconds.
     *
     * @param field the value of the last response's Keep-Alive field, with its {@code timeout=N} in seconds (RFC 2068
     *     section 19.7.1.1); null for none
     */
    public long millis(@Nullable String field) {
        long said = field == null ? DEFAULT_MILLIS : said(field);
        Seen last = seen;
        if (last.idle == Long.MAX_VALUE || nanoClock.getAsLong() - last.at > FORGOTTEN_NANOS) {
            return said;
        }
        return Math.min(said, (long) (last.idle * SAFE) / 1_000_000);
    }

    /** One second less than the target announces, but at least 1 ms. */
    private static long said(String field) {
        for (StringTokenizer list = new StringTokenizer(field, ", \t"); list.hasMoreTokens(); ) {
            String text = list.nextToken();
            if (text.regionMatches(true, 0, TIMEOUT, 0, TIMEOUT.length())) {
                try {
                    return Math.max(1, (Integer.parseInt(text.substring(TIMEOUT.length())) - 1) * 1_000L);
                } catch (NumberFormatException e) {
                    return DEFAULT_MILLIS;
                }
            }
        }
        return DEFAULT_MILLIS;
    }

    /**
     * Records that the target closed a connection that had been idle for this many nanoseconds. Takes effect once a
     * second, later observation agrees.
     */
    public synchronized void closedAfter(long nanos) {
        if (nanos < LEAST_NANOS) {
            return;
        }
        long now = nanoClock.getAsLong();
        Seen before = unconfirmed;
        if (Math.abs(nanos - before.idle) > before.idle * AGREEING) {
            unconfirmed = new Seen(nanos, now);
        } else if (now - before.at >= ONCE_NANOS) {
            unconfirmed = new Seen(nanos, now);
            if (nanos < seen.idle || now - seen.at > FORGOTTEN_NANOS) {
                seen = new Seen(nanos, now);
            }
        }
    }
}
