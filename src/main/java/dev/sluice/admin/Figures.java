package dev.sluice.admin;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them at a glance: with their unit, and no more digits than say something. */
final class Figures {

    private static final double NANOS_PER_MILLISECOND = 1e6;

    private Figures() {}

    /** The two largest units. */
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

    /** With a decimal where it may matter. */
    static String rate(double perSecond) {
        return String.format(Locale.ROOT, perSecond > 0 && perSecond < 99.95 ? "%.1f" : "%,.0f", perSecond);
    }

    static String milliseconds(double nanos) {
        double milliseconds = nanos / NANOS_PER_MILLISECOND;
        String format = milliseconds < 0.995 ? "%.2f ms" : milliseconds < 99.95 ? "%.1f ms" : "%,.0f ms";
        return String.format(Locale.ROOT, format, milliseconds);
    }

    static String percent(double share) {
        return String.format(Locale.ROOT, share > 0 && share < 0.01 ? "%.1f %%" : "%.0f %%", share * 100);
    }
}
