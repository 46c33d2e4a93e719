package dev.sluice.observe;

import java.time.Instant;

/** Points in time as ISO 8601 has them, and spans of it in decimals. Remembers the last second; not thread-safe. */
final class Timestamps {

    private static final long SECOND_MILLIS = 1000;
    private static final int NANOS_OF_A_MICRO = 1000;

    private long lastSecond = Long.MIN_VALUE;
    private String lastText = "";

    /** In UTC, as {@code 2018-07-02T22:23:00.186} and then the rest. */
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

    /** Milliseconds with three decimals. Not below zero. */
    static void appendMillis(StringBuilder line, long nanos) {
        appendThousands(line, nanos / NANOS_OF_A_MICRO);
    }

    /** Seconds with three decimals. Not below zero. */
    static void appendSeconds(StringBuilder line, long nanos) {
        appendThousands(line, nanos / NANOS_OF_A_MICRO / NANOS_OF_A_MICRO);
    }

    private static void appendThousands(StringBuilder line, long thousandths) {
        line.append(thousandths / SECOND_MILLIS).append('.');
        appendThousandths(line, thousandths % SECOND_MILLIS);
    }

    private static void appendThousandths(StringBuilder line, long thousandths) {
        line.append((char) ('0' + thousandths / 100))
                .append((char) ('0' + thousandths / 10 % 10))
                .append((char) ('0' + thousandths % 10));
    }
}
