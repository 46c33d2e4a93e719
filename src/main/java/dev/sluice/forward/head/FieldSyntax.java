package dev.sluice.forward.head;

import java.util.Collections;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.TreeSet;

/** The syntax of the names and values of header fields (RFC 9110 sections 5.5 and 5.6.2). Stateless. */
public final class FieldSyntax {

    private FieldSyntax() {}

    /** Whether the text is a token, such as a field name or a method. */
    static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean isAlphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!isAlphanumeric && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** A case-insensitive set of field names. */
    static Set<String> names(String... names) {
        Set<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        Collections.addAll(set, names);
        return set;
    }

    /** Whether a comma-separated list has the element, ignoring case (RFC 9110 section 5.6.1). */
    public static boolean lists(String value, String element) {
        for (StringTokenizer list = new StringTokenizer(value, ", \t"); list.hasMoreTokens(); ) {
            if (list.nextToken().equalsIgnoreCase(element)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the text has a character that no field value may have, since some reader could take it for the end of the
     * line or of the string. A tab is not one.
     */
    static boolean hasControlCharacter(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7F) {
                return true;
            }
        }
        return false;
    }

    /**
     * The number of bytes that a field states; -1 unless it is digits only and fits into 63 bits (RFC 9110 section
     * 8.6).
     */
    static long length(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < '0' || value.charAt(i) > '9') { // parseLong accepts more
                return -1;
            }
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
