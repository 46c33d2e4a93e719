package dev.sluice.observe;

import java.util.Set;

/** Maps what a client or a target chose, such as a method or a status, to a fixed set of label values. */
final class LabelValues {

    /** The value of a label that does not apply, such as the rule of a request that was refused. */
    static final String NONE = "";

    /** The number of classes of status codes: 1xx to 5xx, and none. */
    static final int STATUS_CLASSES = 6;

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private LabelValues() {}

    /** The method if it is a common one, in upper case as in RFC 9110 section 9.1; otherwise {@code other}. */
    static String method(String method) {
        return METHODS.contains(method) ? method : "other";
    }

    /** Returns 1 to 5, the latter also for a status above 599 (RFC 9110 section 15); 0 for no status. */
    static int statusClass(int status) {
        return Math.min(status / 100, STATUS_CLASSES - 1);
    }

    /** Such as {@code 2xx}; {@code none} for 0. */
    static String status(int statusClass) {
        return statusClass == 0 ? "none" : statusClass + "xx";
    }
}
