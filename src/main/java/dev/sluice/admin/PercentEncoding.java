package dev.sluice.admin;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Percent-encoding of UTF-8 (RFC 3986 section 2.1). */
final class PercentEncoding {

    private static final String UNRESERVED = "-._~:"; // section 3.3 also allows the colon in a segment

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private PercentEncoding() {}

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

    /**
     * Encodes a segment of a path.
     *
     * @param alsoAllowed characters that stay as they are, besides letters, digits and a few others
     */
    static String encode(String text, String alsoAllowed) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            boolean isAllowed = (c < 0x80 && Character.isLetterOrDigit(c))
                    || UNRESERVED.indexOf(c) >= 0
                    || alsoAllowed.indexOf(c) >= 0;
            if (isAllowed) {
                encoded.append(c);
            } else {
                encoded.append('%').append(HEX.toHexDigits(b));
            }
        }
        return encoded.toString();
    }
}
