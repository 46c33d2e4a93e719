package dev.sluice.forward;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** What the names and the values of header fields are made of (RFC 9110 sections 5.5 and 5.6.2). */
final class FieldSyntax {

    private FieldSyntax() {}

    /** Whether it can be a field's name, a method, or what else is a token. */
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

    /** A set of fields' names, which knows each in any case. */
    static Set<String> names(String... names) {
        Set<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        Collections.addAll(set, names);
        return set;
    }

    /** Whether it cannot be a field's value: some reader could see a line's or a text's end in it. A tab is none. */
    static boolean hasControlCharacter(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7F) {
                return true;
            }
        }
        return false;
    }

    /** The number of bytes that a field says; -1 if it is none of 63 bits in digits only (RFC 9110 section 8.6). */
    static long length(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < '0' || value.charAt(i) > '9') { // parseLong takes more
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
