package dev.sluice.admin;

import java.util.Collections;
import java.util.List;

/** Draws a step chart with one value per second, as SVG. */
final class Plot {

    private static final int HEIGHT = 100;

    /** The minimum height of a value that is not 0, so that it differs visibly from 0. */
    private static final int LEAST = 6;

    private Plot() {}

    /**
     * Appends the chart.
     *
     * @param perSecond the values, oldest first; at least one
     * @param highest the value of the full height; not less than any of the values
     */
    static void draw(Html html, List<Integer> perSecond, int highest) {
        int now = perSecond.get(perSecond.size() - 1);
        html.markup("<svg class=\"plot\" role=\"img\" preserveAspectRatio=\"none\" viewBox=\"0 0 ")
                .text(perSecond.size() + " " + HEIGHT)
                .markup("\"><title>")
                .text("Requests per second in the last minute: now " + now + ", at most " + Collections.max(perSecond))
                .markup("</title><path d=\"")
                .text(steps(perSecond, Math.max(1, highest)))
                .markup("\"/></svg>");
    }

    private static String steps(List<Integer> perSecond, int highest) {
        StringBuilder path = new StringBuilder("M0 ").append(HEIGHT);
        int length = 0;
        int before = 0;
        for (int number : perSecond) {
            if (number != before) {
                path.append(length == 0 ? "" : "h" + length).append('V').append(HEIGHT - height(number, highest));
                length = 0;
                before = number;
            }
            length++;
        }
        return path.append('h')
                .append(length)
                .append('V')
                .append(HEIGHT)
                .append('Z')
                .toString();
    }

    private static int height(int number, int highest) {
        return number == 0 ? 0 : Math.max(LEAST, Math.round((float) HEIGHT * number / highest));
    }
}
