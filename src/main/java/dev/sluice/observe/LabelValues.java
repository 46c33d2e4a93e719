package dev.sluice.observe;

import java.util.Set;

/** What a request is told apart by where its client, or its target, may not choose the words. */
final class LabelValues {

    /** What a request has not, as one that was refused has no rule. */
    static final String NONE = "";

    /** How many classes of status codes there are: 1xx to 5xx, and none. */
    static final int STATUS_CLASSES = 6;

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private LabelValues() {}

    /** The method if it is one that everybody knows, in upper case as RFC 9110 section 9.1 has them; else {@code other}. */
    static String method(String method) {
        return METHODS.contains(method) ? method : "other";
    }

    /** 1 to 5; 0 if there is no status, or none that HTTP knows. */
    static int statusClass(int status) {
        int first = status / 100;
        return first < STATUS_CLASSES ? first : 0;
    }

    /** As {@code 2xx}; {@code none} for 0. */
    static String status(int statusClass) {
        return statusClass == 0 ? "none" : statusClass + "xx";
    }
}
