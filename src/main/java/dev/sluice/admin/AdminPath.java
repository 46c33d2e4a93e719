package dev.sluice.admin;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Which paths are ADMIN_PATH's: those that begin with it in the one spelling in which it is configured, so that whoever keeps others from it by
 * that spelling does keep them from it. Another spelling is a path like any other, for the rules. Immutable.
 */
final class AdminPath {

    private final String path;

    /** @param path as the configuration has it */
    AdminPath(String path) {
        this.path = path;
    }

    /** What follows ADMIN_PATH in a raw path: empty, or with a slash at its beginning; null if the path is not below it, or is null. */
    @Nullable
    String rest(@Nullable String rawPath) {
        return rawPath != null && isBelow(rawPath) ? rawPath.substring(path.length()) : null;
    }

    private boolean isBelow(String other) {
        return other.startsWith(path) && (other.length() == path.length() || other.charAt(path.length()) == '/');
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
