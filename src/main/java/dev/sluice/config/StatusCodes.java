package dev.sluice.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A set of HTTP status codes, written {@code 200,204} or {@code 200-399}. Immutable. */
public record StatusCodes(List<Range> ranges) {

    static final StatusCodes NONE = new StatusCodes(List.of());

    private static final Pattern RANGE = Pattern.compile("([1-9][0-9]{2})(?:-([1-9][0-9]{2}))?");
    private static final int LEAST = 200; // below, a response is not the final one
    private static final int MOST = 599;

    /** A range of status codes, both ends included. */
    public record Range(int first, int last) {}

    public StatusCodes {
        ranges = List.copyOf(ranges);
    }

    /** Whether this status is in the set. */
    public boolean contains(int status) {
        for (Range range : ranges) {
            if (range.first <= status && status <= range.last) {
                return true;
            }
        }
        return false;
    }

    /** As {@link #parse}, but also accepts {@code none}. */
    static StatusCodes parseOrNone(String value) {
        return value.equalsIgnoreCase("none") ? NONE : parse(value);
    }

    /** @throws IllegalArgumentException if the value is invalid; the message is for the user */
    static StatusCodes parse(String value) {
        List<Range> ranges = new ArrayList<>();
        for (String part : value.split(",", -1)) {
            Matcher range = RANGE.matcher(part.strip());
            if (!range.matches()) {
                throw wrong();
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (first < LEAST || last > MOST || first > last) {
                throw wrong();
            }
            ranges.add(new Range(first, last));
        }
        return new StatusCodes(ranges);
    }

    private static IllegalArgumentException wrong() {
        return new IllegalArgumentException("must be status codes from " + LEAST + " to " + MOST
                + " with commas, or a range of them with a hyphen, as in 200,204 or 200-399");
    }

    /** In the syntax of the configuration. */
    @Override
    public String toString() {
        return ranges.stream()
                .map(range -> range.first == range.last ? "" + range.first : range.first + "-" + range.last)
                .collect(Collectors.joining(","));
    }
}
