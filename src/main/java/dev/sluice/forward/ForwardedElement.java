package dev.sluice.forward;

import org.jspecify.annotations.Nullable;

/** The syntax of the field Forwarded (RFC 7239 section 4), whose values are tokens or quoted strings (RFC 9110 section 5.6). */
final class ForwardedElement {

    private ForwardedElement() {}

    /** Whether it can be said at all: a quoted string has no control characters, and what is not ASCII would have no meaning. */
    static boolean isText(String value) {
        return value.chars().allMatch(c -> ' ' <= c && c <= '~');
    }

    /** A text as a parameter's value: quoted where it must be. */
    static String value(String text) {
        if (FieldSyntax.isToken(text)) {
            return text;
        }
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** Whether each quotation in a field's value ends. */
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
     * @param field whose quotations end
     * @return null if it has none of that name
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

    /** The index after the quotation or the character that stands here; beyond the end for a quotation that does not end. */
    private static int next(String field, int index) {
        if (field.charAt(index) != '"') {
            return index + 1;
        }
        int i = index + 1;
        while (i < field.length() && field.charAt(i) != '"') {
            i += field.charAt(i) == '\\' ? 2 : 1;
        }
        return i < field.length() ? i + 1 : field.length() + 1;
    }

    private static String unquoted(String value) {
        if (value.length() < 2 || !value.startsWith("\"") || !value.endsWith("\"")) {
            return value;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < value.length() - 1; i++) {
            if (value.charAt(i) == '\\' && i + 2 < value.length()) {
                i++;
            }
            text.append(value.charAt(i));
        }
        return text.toString();
    }
}
