package dev.sluice.admin;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Which paths are ADMIN_PATH's. It is served in the one spelling in which it is configured only, so that whoever keeps others from it by
 * that spelling does keep them from it; and in no spelling that a reader could take for it is it forwarded. Immutable.
 */
final class AdminPath {

    private final String path;

    /** @param path as the configuration has it */
    AdminPath(String path) {
        this.path = path;
    }

    /** What follows ADMIN_PATH in a raw path: empty, or with a slash at its beginning; null if the path is not below it. */
    @Nullable
    String rest(String rawPath) {
        return isBelow(rawPath) ? rawPath.substring(path.length()) : null;
    }

    private boolean isBelow(String other) {
        return other.startsWith(path) && (other.length() == path.length() || other.charAt(path.length()) == '/');
    }

    /** Whether some reader could take a raw path for one that is below ADMIN_PATH. */
    boolean mayBeMeant(String rawPath) {
        return isBelow(rawPath) || (hasOtherSpellings(rawPath) && isBelow(readAsLaxlyAsAnyone(rawPath)));
    }

    /** As nearly no path has. */
    private static boolean hasOtherSpellings(String rawPath) {
        for (int i = 0; i < rawPath.length(); i++) {
            char c = rawPath.charAt(i);
            if (c == '%' || c == ';' || c == '\\' || (c == '/' && i > 0 && rawPath.charAt(i - 1) == '/')) {
                return true;
            }
            if (c == '.' && i > 0 && rawPath.charAt(i - 1) == '/') {
                return true;
            }
        }
        return false;
    }

    /** Decodes as often as that changes anything, takes a backslash for a slash, cuts parameters off, merges slashes, resolves dot segments. */
    private static String readAsLaxlyAsAnyone(String rawPath) {
        String decoded = rawPath;
        for (String before = ""; !decoded.equals(before); ) {
            before = decoded;
            decoded = decode(before);
        }
        Deque<String> segments = new ArrayDeque<>();
        for (String segment : decoded.replace('\\', '/').split("/", -1)) {
            int parameters = segment.indexOf(';');
            String name = parameters < 0 ? segment : segment.substring(0, parameters);
            if (name.equals("..")) {
                segments.pollLast();
            } else if (!name.isEmpty() && !name.equals(".")) {
                segments.addLast(name);
            }
        }
        return "/" + String.join("/", segments);
    }

    /** Once. Malformed escapes stay as they are. */
    static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        byte[] decoded = new byte[encoded.length];
        int length = 0;
        for (int i = 0; i < encoded.length; i++) {
            boolean isEscape = encoded[i] == '%'
                    && i + 2 < encoded.length
                    && HexFormat.isHexDigit(encoded[i + 1])
                    && HexFormat.isHexDigit(encoded[i + 2]);
            if (isEscape) {
                decoded[length++] =
                        (byte) (HexFormat.fromHexDigit(encoded[i + 1]) << 4 | HexFormat.fromHexDigit(encoded[i + 2]));
                i += 2;
            } else {
                decoded[length++] = encoded[i];
            }
        }
        return new String(decoded, 0, length, StandardCharsets.UTF_8);
    }
}
