package dev.sluice.routing;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;

/**
 * Checks that a path that matches a rule stays below the rule's prefix for readers of sixteen kinds, which are
 * implemented differently from ours.
 */
public final class PathFuzz {

    private static final String PREFIX = "/a";

    private static final Rules<String> RULES =
            Rules.of(List.of(new Rule<>(PREFIX, "", "a"), new Rule<>("/", "", "other")));

    private PathFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        String path = path(data);
        Rule<String> rule;
        try {
            rule = RULES.match(path);
        } catch (AmbiguousPathException e) {
            return;
        }
        if (rule == null) {
            throw new IllegalStateException("no rule for " + path);
        }
        if (rule.pathPrefix().equals(PREFIX)) {
            for (int reader = 0; reader < 16; reader++) {
                String read = read(path, (reader & 1) != 0, (reader & 2) != 0, (reader & 4) != 0, (reader & 8) != 0);
                if (!read.equals(PREFIX) && !read.startsWith(PREFIX + "/")) {
                    throw new IllegalStateException(path + " is " + read + " to reader " + reader);
                }
            }
        }
    }

    /** Mostly made of the pieces that matter. */
    private static String path(FuzzedDataProvider data) {
        StringBuilder path = new StringBuilder(data.consumeBoolean() ? PREFIX : "");
        String[] pieces = {"/", ".", "..", "%2e", "%2F", "\\", "%5c", ";", "%3B", "x", "a", "%25", "%", "//"};
        while (data.remainingBytes() > 0 && path.length() < 100) {
            path.append(data.consumeInt(0, 20) == 0 ? data.consumeString(4) : data.pickValue(pieces));
        }
        return path.toString();
    }

    private static String read(String raw, boolean decodes, boolean backslashes, boolean cutsBefore, boolean merges) {
        String path = raw;
        if (cutsBefore) {
            path = path.replaceAll(";[^/]*", "");
        }
        if (decodes) {
            path = decoded(path);
        }
        if (backslashes) {
            path = path.replace('\\', '/');
        }
        if (!cutsBefore && decodes) {
            path = path.replaceAll(";[^/]*", "");
        }
        if (merges) {
            path = path.replaceAll("/+", "/");
        }
        return resolved(path);
    }

    private static String decoded(String path) {
        StringBuilder decoded = new StringBuilder();
        for (int i = 0; i < path.length(); i++) {
            if (path.charAt(i) == '%') {
                decoded.append((char) HexFormat.fromHexDigits(path, i + 1, i + 3));
                i += 2;
            } else {
                decoded.append(path.charAt(i));
            }
        }
        return decoded.toString();
    }

    /** RFC 3986 section 5.2.4. */
    private static String resolved(String path) {
        Deque<String> segments = new ArrayDeque<>();
        for (String segment : path.substring(1).split("/", -1)) {
            if (segment.equals("..")) {
                segments.pollLast();
            } else if (!segment.equals(".")) {
                segments.addLast(segment);
            }
        }
        return "/" + String.join("/", segments);
    }
}
