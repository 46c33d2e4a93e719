package dev.sluice.observe;

import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes maps, lists, strings, numbers, booleans and null as JSON (RFC 8259), in ASCII. */
public final class Json {

    private static final HexFormat HEX = HexFormat.of();

    private final StringBuilder text = new StringBuilder();

    private Json() {}

    /**
     * Returns the value as JSON. Anything other than a map, an iterable or a text is written by its {@code toString}:
     * numbers, booleans and null.
     */
    public static String write(@Nullable Object value) {
        Json json = new Json();
        json.value(value);
        return json.text.toString();
    }

    private void value(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            object(map);
        } else if (value instanceof Iterable<?> elements) {
            array(elements);
        } else if (value instanceof CharSequence characters) {
            string(characters, text);
        } else {
            text.append(value);
        }
    }

    private void object(Map<?, ?> map) {
        text.append('{');
        for (Iterator<? extends Map.Entry<?, ?>> members = map.entrySet().iterator(); members.hasNext(); ) {
            Map.Entry<?, ?> member = members.next();
            string(String.valueOf(member.getKey()), text);
            text.append(':');
            value(member.getValue());
            text.append(members.hasNext() ? "," : "");
        }
        text.append('}');
    }

    private void array(Iterable<?> elements) {
        text.append('[');
        for (Iterator<?> rest = elements.iterator(); rest.hasNext(); ) {
            value(rest.next());
            text.append(rest.hasNext() ? "," : "");
        }
        text.append(']');
    }

    /** Appends a text, escaped and in quotes. */
    static void string(CharSequence characters, StringBuilder text) {
        text.append('"');
        for (int i = 0; i < characters.length(); i++) {
            char c = characters.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c >= ' ' && c <= '~') {
                text.append(c);
            } else {
                text.append("\\u").append(HEX.toHexDigits(c));
            }
        }
        text.append('"');
    }
}
