package dev.sluice.admin;

import org.jspecify.annotations.Nullable;

/**
 * A piece of a page. What comes from outside goes in by {@link #text} only, whether it stands between tags or in a quoted attribute. Has no
 * line break unless the markup has, so that it can be the data of one event. For one thread.
 */
final class Html {

    private final StringBuilder out = new StringBuilder();

    /** As it is: for the markup that stands in the code. */
    Html markup(String markup) {
        out.append(markup);
        return this;
    }

    /** Escaped: names, reasons, numbers, whatever it says. */
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
