package dev.sluice.admin;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;

/** What a client would rather have (RFC 9110 section 12.5.1). */
final class Accept {

    /** The specificity of a type that is there itself, rather than a range that has it. */
    private static final int NAMED = 3;

    private Accept() {}

    /** Whether it is a page for people rather than JSON: browsers name that, other clients take anything. */
    static boolean prefersHtml(HttpServletRequest request) {
        return prefersHtml(fields(request));
    }

    /** @param accept all fields, joined with commas; empty for none */
    static boolean prefersHtml(String accept) {
        return best(accept, "text/html").quality > best(accept, Answer.JSON).quality;
    }

    /** Whether it is JSON rather than text for people: programs name that, others take anything. */
    static boolean prefersJson(HttpServletRequest request) {
        return prefersJson(fields(request));
    }

    /** @param accept all fields, joined with commas; empty for none */
    static boolean prefersJson(String accept) {
        Range json = best(accept, Answer.JSON);
        return json.specificity == NAMED && json.quality > 0 && json.quality >= best(accept, "text/plain").quality;
    }

    private static String fields(HttpServletRequest request) {
        return String.join(",", Collections.list(request.getHeaders("Accept")));
    }

    /** What a type meets in the field. */
    private record Range(int specificity, double quality) {}

    /** The most specific of the ranges counts. */
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
