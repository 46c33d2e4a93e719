package dev.sluice.admin;

import java.time.Duration;
import java.util.Locale;

/** Formats numbers for people: with a unit, and only as many digits as are useful. */
final class Figures {

    private static final double NANOS_PER_MILLISECOND = 1e6;

    private Figures() {}

    /** In the two largest units that apply; below a minute in seconds, and never negative. */
    static String duration(Duration duration) {
        if (duration.toDays() > 0) {
            return duration.toDays() + " d " + duration.toHoursPart() + " h";
        }
        if (duration.toHours() > 0) {
            return duration.toHours() + " h " + duration.toMinutesPart() + " min";
        }
        if (duration.toMinutes() > 0) {
            return duration.toMinutes() + " min " + duration.toSecondsPart() + " s";
        }
        return Math.max(0, duration.toSeconds()) + " s";
    }

    /** With one decimal below 100, except for 0. */
    static String rate(double perSecond) {
        return String.format(Locale.ROOT, perSecond > 0 && perSecond < 99.95 ? "%.1f" : "%,.0f", perSecond);
    }

    /** With two decimals below 1 ms, and one below 100 ms. */
    static String milliseconds(double nanos) {
        double milliseconds = nanos / NANOS_PER_MILLISECOND;
        String format = milliseconds < 0.995 ? "%.2f ms" : milliseconds < 99.95 ? "%.1f ms" : "%,.0f ms";
        return String.format(Locale.ROOT, format, milliseconds);
    }

    /**
     * With one decimal below 1 %, except for 0.
     *
     * @param share from 0 to 1
     */
    static String percent(double share) {
        return String.format(Locale.ROOT, share > 0 && share < 0.01 ? "%.1f %%" : "%.0f %%", share * 100);
    }
}
