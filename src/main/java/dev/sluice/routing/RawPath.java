package dev.sluice.routing;

import java.util.HexFormat;

/** How raw paths are read: by Sluice byte for byte, in whole segments; by targets in many ways. */
public final class RawPath {

    private RawPath() {}

    /** Whether the path begins with the stem, in whole segments. The stem is empty or begins with a slash. */
    public static boolean isBelow(String path, String stem) {
        return path.startsWith(stem) && endsSegment(path, stem.length());
    }

    /** Whether a segment of the path ends right before this index. */
    static boolean endsSegment(String path, int index) {
        return index == path.length() || (index < path.length() && path.charAt(index) == '/');
    }

    static void requireWellFormed(String path) {
        if (!path.startsWith("/")) {
            throw new AmbiguousPathException("the path does not begin with a slash");
        }
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c <= ' ' || c == '#' || c == 0x7F) {
                throw new AmbiguousPathException("the path has a character that no path may have");
            }
        }
        if (!hasWellFormedEscapes(path)) {
            throw new AmbiguousPathException("the path has a malformed percent escape");
        }
    }

    /** RFC 3986 section 2.1. */
    static boolean hasWellFormedEscapes(String path) {
        for (int i = path.indexOf('%'); i >= 0; i = path.indexOf('%', i + 3)) {
            if (i + 2 >= path.length()
                    || !HexFormat.isHexDigit(path.charAt(i + 1))
                    || !HexFormat.isHexDigit(path.charAt(i + 2))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether any reader could resolve dot segments so that the path leaves the prefix that ends at {@code start}. The
     * path must be well-formed; {@code start} is the index of a slash or the length of the path.
     *
     * <p>A reader may decode dots or not, treat an encoded slash or a backslash as a slash, cut off a segment at a
     * semicolon, and merge slashes. The depth kept here is therefore the least that any reader arrives at: whatever one
     * of them could take for {@code ..} is a step up, and only what all of them take for a name is a step down. There
     * is at most one step down between two real slashes.
     */
    static boolean mayLeave(String path, int start) {
        if (!path.contains("/.") && path.indexOf('%') < 0 && path.indexOf('\\') < 0) {
            return false;
        }
        int depth = 0;
        int dots = 0; // the piece since the last slash of any kind is this many dots; more than two: a name
        boolean cutOff = false; // a semicolon has ended the piece
        boolean stepsDown = true; // whether a name would be a step down
        for (int i = start; i <= path.length(); i++) {
            char c = i == path.length() ? '/' : path.charAt(i);
            boolean realSlash = c == '/';
            if (c == '%') {
                c = (char) HexFormat.fromHexDigits(path, i + 1, i + 3);
                i += 2;
            }
            if (c == '/' || c == '\\') {
                if (dots == 2 && --depth < 0) {
                    return true;
                }
                dots = 0;
                cutOff = false;
                stepsDown |= realSlash;
            } else if (c == ';') {
                cutOff = true;
                stepsDown = false;
            } else if (!cutOff) {
                dots = c == '.' ? dots + 1 : 3;
                if (dots > 2 && stepsDown) {
                    depth++;
                    stepsDown = false;
                }
            }
        }
        return false;
    }
}
