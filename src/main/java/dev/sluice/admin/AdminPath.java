package dev.sluice.admin;

import dev.sluice.routing.RawPath;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Recognises paths at or below ADMIN_PATH. Only the configured spelling matches, so that a proxy in front that blocks
 * this spelling blocks all access. Any other spelling, such as one with escapes, is an ordinary path for the rules.
 * Immutable.
 */
final class AdminPath {

    private final String path;

    /** @param path as configured */
    AdminPath(String path) {
        this.path = path;
    }

    /**
     * The rest of a raw path after ADMIN_PATH: empty, or begins with a slash; null if the path is null, or neither
     * ADMIN_PATH nor below it.
     */
    @Nullable
    String rest(@Nullable String rawPath) {
        return rawPath != null && RawPath.isBelow(rawPath, path) ? rawPath.substring(path.length()) : null;
    }

    /** Decodes percent escapes once, as UTF-8. Leaves malformed escapes as they are. */
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
