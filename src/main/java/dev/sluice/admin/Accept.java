package dev.sluice.admin;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;

/** Content negotiation by the Accept field (RFC 9110 section 12.5.1). */
final class Accept {

    /** The specificity of a range that is the type itself, rather than one with a wildcard. */
    private static final int NAMED = 3;

    private Accept() {}

    /** Whether the client prefers HTML to JSON. Browsers name HTML; other clients accept anything, and get JSON. */
    static boolean prefersHtml(HttpServletRequest request) {
        return prefersHtml(fields(request));
    }

    /** @param accept the values of all Accept fields, joined with commas; empty for none */
    static boolean prefersHtml(String accept) {
        return best(accept, "text/html").quality > best(accept, Answer.JSON).quality;
    }

    /** Whether the client prefers this type to plain text. It must name it; a client that accepts anything gets text. */
    static boolean prefersToText(HttpServletRequest request, String type) {
        return prefersToText(fields(request), type);
    }

    /** @param accept the values of all Accept fields, joined with commas; empty for none */
    static boolean prefersToText(String accept, String type) {
        Range named = best(accept, type);
        return named.specificity == NAMED && named.quality > 0 && named.quality >= best(accept, "text/plain").quality;
    }

    private static String fields(HttpServletRequest request) {
        return String.join(",", Collections.list(request.getHeaders("Accept")));
    }

    /**
     * How well a range of the field matches a type, and how much the client wants it.
     *
     * @param specificity 0 if it does not match, up to {@link #NAMED}
     * @param quality from 0, which refuses the type, to 1
     */
    private record Range(int specificity, double quality) {}

    /** The most specific matching range; one of quality 0 if none matches. */
    private static Range best(String accept, String type) {
        String anySubtype = type.substring(0, type.indexOf('/') + 1) + "*";
        Range best = new Range(0, 0);
        for (String range : accept.split(",", -1)) {
            String[] parts = range.split(";", -1);
            String name = parts[0].strip();
            int specificity = name.equalsIgnoreCase(type)
                    ? NAMED
                    : name.equalsIgnoreCase(anySubtype) ? 2 : name.equals("*/*") ? 1 : 0;
            if (specificity > best.specificity) {
                best = new Range(specificity, weight(parts));
            }
        }
        return best;
    }

    /** The weight of a range: 1 if there is none, 0 if it is malformed. */
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
