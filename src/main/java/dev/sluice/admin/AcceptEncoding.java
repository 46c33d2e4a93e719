package dev.sluice.admin;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.regex.Pattern;

/** Content negotiation by the Accept-Encoding field (RFC 9110 section 12.5.3). */
final class AcceptEncoding {

    private static final Pattern REFUSED = Pattern.compile("(?i).*;\\s*q\\s*=\\s*0(?:\\.0*)?\\s*(?:;.*)?");

    private AcceptEncoding() {}

    /** Whether the client accepts gzip, by name or by a wildcard. */
    static boolean takesGzip(HttpServletRequest request) {
        return takesGzip(String.join(",", Collections.list(request.getHeaders("Accept-Encoding"))));
    }

    /** @param accept the values of all Accept-Encoding fields, joined with commas; empty for none */
    static boolean takesGzip(String accept) {
        boolean any = false;
        for (String range : accept.split(",", -1)) {
            String coding = range.split(";", -1)[0].strip();
            boolean taken = !REFUSED.matcher(range).matches();
            if (coding.equalsIgnoreCase("gzip") || coding.equalsIgnoreCase("x-gzip")) {
                return taken;
            }
            any |= coding.equals("*") && taken;
        }
        return any;
    }
}
