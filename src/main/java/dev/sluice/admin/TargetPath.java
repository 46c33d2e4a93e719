package dev.sluice.admin;

import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The path of an action on a target, below ADMIN_PATH: {@code /targets/{group}/{target}/{action}}. The target's name
 * may contain slashes, those of its base path: the group ends at the first slash, and the action begins after the last.
 * Immutable.
 */
record TargetPath(String group, String target, String action) {

    private static final String BEGINNING = "/targets/";

    private static final String UNRESERVED = "-._~:"; // RFC 3986 section 3.3 also allows the colon in a segment

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /** Returns null if the path is not of this form. */
    static @Nullable TargetPath parse(String rest) {
        if (!rest.startsWith(BEGINNING)) {
            return null;
        }
        int group = rest.indexOf('/', BEGINNING.length());
        int action = rest.lastIndexOf('/');
        return group < 0 || action <= group
                ? null
                : new TargetPath(
                        AdminPath.decode(rest.substring(BEGINNING.length(), group)),
                        AdminPath.decode(rest.substring(group + 1, action)),
                        rest.substring(action + 1));
    }

    /**
     * The path without the action. Brackets are encoded, since hosts refuse them raw; the slashes of the target's name
     * are not, since hosts refuse them encoded.
     */
    static String of(TargetGroup group, Target target) {
        return BEGINNING + encoded(group.name(), "") + "/" + encoded(target.name(), "/@");
    }

    private static String encoded(String text, String alsoAllowed) {
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
