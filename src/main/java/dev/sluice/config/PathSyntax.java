package dev.sluice.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The syntax of a configured path: a raw URI path (RFC 3986 section 3.3) that all implementations interpret in the same
 * way.
 */
final class PathSyntax {

    private static final Pattern CHARACTERS = Pattern.compile("(?:[A-Za-z0-9/._~!$&'()*+,;=:@-]++|%[0-9A-Fa-f]{2})*+");
    private static final Pattern TRAILING_SLASHES = Pattern.compile("/+$");
    private static final Pattern DOT_SEGMENT =
            Pattern.compile("(?:/|%2f|%5c)(?:\\.|%2e){1,2}(?:/|%2f|%5c|;|%3b|$)", Pattern.CASE_INSENSITIVE);

    private PathSyntax() {}

    /** As {@link #parse}, for a path that stands for all below it. Elsewhere a pattern with {@code *} says that. */
    static String parsePrefix(String path) {
        String stem = parse(path);
        if (stem.endsWith("*")) {
            throw new IllegalArgumentException("a prefix is for everything below it, too, so it must not end with *");
        }
        return stem;
    }

    /**
     * Checks a path and removes its trailing slashes, so that {@code /} becomes empty.
     *
     * @throws IllegalArgumentException if the path is invalid; the message is for the user
     */
    static String parse(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("the path must begin with a slash");
        }
        Matcher characters = CHARACTERS.matcher(path);
        if (!characters.matches()) {
            characters.reset().lookingAt();
            int wrong = path.codePointAt(characters.end());
            throw new IllegalArgumentException(
                    wrong == '%'
                            ? "in a path % must be followed by two hexadecimal digits"
                            : "a path must not have the character '" + Character.toString(wrong) + "'");
        }
        if (DOT_SEGMENT.matcher(path).find()) {
            throw new IllegalArgumentException("the path must not have the segments . and ..");
        }
        String stem = TRAILING_SLASHES.matcher(path).replaceFirst("");
        if (stem.contains("//")) {
            throw new IllegalArgumentException("the path must not have empty segments (//)");
        }
        return stem;
    }
}
