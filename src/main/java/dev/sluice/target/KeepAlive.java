package dev.sluice.target;

import java.time.Duration;
import java.util.StringTokenizer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long an idle connection to one target is kept for another request: always a little less than the target keeps it, as far as it says so
 * and as far as was seen. Safe for use by many threads.
 */
public final class KeepAlive {

    /** For targets that do not say: less than the 5 s that are the shortest common default. */
    private static final long DEFAULT_MILLIS = 4_000;

    /** What a target closes earlier than that it closes for another reason, such as the end of the connection's last answer. */
    private static final long LEAST_NANOS = Duration.ofSeconds(1).toNanos();

    /** What is seen at once says the same once: a restart closes all connections. */
    private static final long ONCE_NANOS = Duration.ofSeconds(1).toNanos();

    /** Two that differ by no more than that agree. */
    private static final double AGREEING = 0.2;

    /** So long after it was seen, what was seen is tried again: the target may have been changed. */
    private static final long FORGOTTEN_NANOS = Duration.ofMinutes(10).toNanos();

    /** How much of what was seen is safe. */
    private static final double SAFE = 0.75;

    private static final String TIMEOUT = "timeout=";

    private final LongSupplier nanoClock;
    private volatile Seen seen = new Seen(Long.MAX_VALUE, 0);
    private Seen unconfirmed = seen; // guarded by the monitor

    /** How soon a connection was closed, in nanoseconds, and when that was. */
    private record Seen(long idle, long at) {}

    KeepAlive(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /**
     * How long a connection may be idle, in milliseconds.
     *
     * @param field the value of the last answer's Keep-Alive field, with its {@code timeout=N} in seconds (RFC 2068 section
     *     19.7.1.1); null for none
     */
    public long millis(@Nullable String field) {
        long said = field == null ? DEFAULT_MILLIS : said(field);
        Seen last = seen;
        if (last.idle == Long.MAX_VALUE || nanoClock.getAsLong() - last.at > FORGOTTEN_NANOS) {
            return said;
        }
        return Math.min(said, (long) (last.idle * SAFE) / 1_000_000);
    }

    /** One second less than the target says, at least something. */
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

    /** The target has closed a connection that had been idle for so many nanoseconds. It is believed when that has happened twice. */
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
