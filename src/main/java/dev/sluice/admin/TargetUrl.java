package dev.sluice.admin;

import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** The path at which an operator takes a target out: {@code ADMIN_PATH/targets/{group}/{target}}, of the names that the status has. */
final class TargetUrl {

    static final String TARGETS = "/targets/";

    private static final String UNRESERVED = "-._~:"; // and letters and digits; RFC 3986 section 3.3 lets the colon be

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private TargetUrl() {}

    /** The slashes of the target's base path stay as they are, so that no host refuses them. */
    static String of(String adminPath, TargetGroup group, Target target) {
        return adminPath + TARGETS + encoded(group.name(), "") + "/" + encoded(target.name(), "/@");
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
