package dev.sluice.observe;

import java.time.Instant;

/** Formats points in time in ISO 8601, and durations as decimals. Caches the last second. Not thread-safe. */
final class Timestamps {

    private static final long SECOND_MILLIS = 1000;
    private static final int NANOS_OF_A_MICRO = 1000;

    private long lastSecond = Long.MIN_VALUE;
    private String lastText = "";

    /**
     * Appends a point in time in UTC, such as {@code 2018-07-02T22:23:00.186}.
     *
     * @param millis since 1970
     * @param rest appended after the milliseconds
     */
    void append(StringBuilder line, long millis, String rest) {
        long second = Math.floorDiv(millis, SECOND_MILLIS);
        if (second != lastSecond) {
            lastSecond = second;
            String text = Instant.ofEpochSecond(second).toString();
            lastText = text.substring(0, text.length() - 1);
        }
        line.append(lastText).append('.');
        appendThousandths(line, Math.floorMod(millis, SECOND_MILLIS));
        line.append(rest);
    }

    /** Appends milliseconds with three decimals. Must not be negative. */
    static void appendMillis(StringBuilder line, long nanos) {
        appendDecimal(line, nanos / NANOS_OF_A_MICRO);
    }

    /** Appends seconds with three decimals. Must not be negative. */
    static void appendSeconds(StringBuilder line, long nanos) {
        appendDecimal(line, nanos / NANOS_OF_A_MICRO / NANOS_OF_A_MICRO);
    }

    private static void appendDecimal(StringBuilder line, long thousandths) {
        line.append(thousandths / SECOND_MILLIS).append('.');
        appendThousandths(line, thousandths % SECOND_MILLIS);
    }

    private static void appendThousandths(StringBuilder line, long thousandths) {
        line.append((char) ('0' + thousandths / 100))
                .append((char) ('0' + thousandths / 10 % 10))
                .append((char) ('0' + thousandths % 10));
    }
}
