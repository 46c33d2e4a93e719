package dev.sluice.admin;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;

/** What a client would rather have (RFC 9110 section 12.5.1). */
final class Accept {

    private Accept() {}

    /** Whether it is a page for people rather than JSON: browsers name that, other clients take anything. */
    static boolean prefersHtml(HttpServletRequest request) {
        String accept = String.join(",", Collections.list(request.getHeaders("Accept")));
        return prefersHtml(accept);
    }

    /** @param accept all fields, joined with commas; empty for none */
    static boolean prefersHtml(String accept) {
        return quality(accept, "text/html") > quality(accept, Answer.JSON);
    }

    /** The most specific of the ranges counts. */
    private static double quality(String accept, String type) {
        String anySubtype = type.substring(0, type.indexOf('/') + 1) + "*";
        double quality = 0;
        int specificity = 0;
        for (String range : accept.split(",", -1)) {
            String[] parts = range.split(";", -1);
            String name = parts[0].strip();
            int itsSpecificity = name.equalsIgnoreCase(type)
                    ? 3
                    : name.equalsIgnoreCase(anySubtype) ? 2 : name.equals("*/*") ? 1 : 0;
            if (itsSpecificity > specificity) {
                specificity = itsSpecificity;
                quality = weight(parts);
            }
        }
        return quality;
    }

    /** 1 unless it is said; what is not a number counts as nothing. */
    private static double weight(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.startsWith("q=") || parameter.startsWith("Q=")) {
                String weight = parameter.substring(2).strip();
                return weight.matches("[01](\\.[0-9]{0,3})?") ? Double.parseDouble(weight) : 0;
            }
        }
        return 1;
    }
}
