package dev.sluice.admin;

import org.jspecify.annotations.Nullable;

/**
 * Builds a fragment of HTML. Text from outside must be added by {@link #text}, between tags or in a quoted attribute.
 * The result has no line break unless the markup has one, so that it can be the data of one event. Not thread-safe.
 */
final class Html {

    private final StringBuilder out = new StringBuilder();

    /** Appends markup unescaped. Only for literals of the code. */
    Html markup(String markup) {
        out.append(markup);
        return this;
    }

    /** Appends a value as escaped text. Control characters become spaces. */
    Html text(@Nullable Object text) {
        String characters = String.valueOf(text);
        for (int i = 0; i < characters.length(); i++) {
            escape(characters.charAt(i));
        }
        return this;
    }

    private void escape(char c) {
        switch (c) {
            case '&' -> out.append("&amp;");
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '"' -> out.append("&quot;");
            case '\'' -> out.append("&#39;");
            default -> {
                if (Character.isISOControl(c)) {
                    out.append(' '); // a line break would end the data of an event
                } else {
                    out.append(c);
                }
            }
        }
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
