package dev.sluice.forward.head;

import org.jspecify.annotations.Nullable;

/**
 * The syntax of the Forwarded field (RFC 7239 section 4), whose values are tokens or quoted strings (RFC 9110 section
 * 5.6). Stateless.
 */
final class ForwardedElement {

    private ForwardedElement() {}

    /**
     * Whether the value can be expressed at all: a quoted string has no control characters, and characters outside
     * ASCII would have no meaning.
     */
    static boolean isText(String value) {
        return value.chars().allMatch(c -> ' ' <= c && c <= '~');
    }

    /** A text as a parameter's value: quoted where necessary. */
    static String value(String text) {
        if (FieldSyntax.isToken(text)) {
            return text;
        }
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** Whether every quoted string in a field's value is closed. */
    static boolean hasClosedQuotes(String field) {
        int index = 0;
        while (index < field.length()) {
            index = next(field, index);
        }
        return index == field.length();
    }

    /**
     * The value of a parameter of a field's first element, unquoted.
     *
     * @param field all of its quoted strings are closed
     * @return null if the element has no such parameter
     */
    static @Nullable String parameter(String field, String name) {
        int end;
        for (int begin = 0; begin < field.length(); begin = end + 1) {
            end = begin;
            while (end < field.length() && field.charAt(end) != ';' && field.charAt(end) != ',') {
                end = next(field, end);
            }
            String pair = field.substring(begin, end).strip();
            int equals = pair.indexOf('=');
            if (equals >= 0 && pair.substring(0, equals).strip().equalsIgnoreCase(name)) {
                return unquoted(pair.substring(equals + 1).strip());
            }
            if (end < field.length() && field.charAt(end) == ',') {
                return null;
            }
        }
        return null;
    }

    /**
     * The index after the quoted string or the character that begins here; beyond the end if a quoted string is not
     * closed.
     */
    private static int next(String field, int index) {
        if (field.charAt(index) != '"') {
            return index + 1;
        }
        int i = index + 1;
        while (i < field.length() && field.charAt(i) != '"') {
            i += field.charAt(i) == '\\' ? 2 : 1;
        }
        return i + 1;
    }

    private static String unquoted(String value) {
        if (!value.startsWith("\"") || !value.endsWith("\"")) {
            return value;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < value.length() - 1; i++) {
            if (value.charAt(i) == '\\') {
                i++;
            }
            text.append(value.charAt(i));
        }
        return text.toString();
    }
}
