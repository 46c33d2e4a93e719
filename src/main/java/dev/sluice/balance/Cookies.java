package dev.sluice.balance;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses Cookie and Set-Cookie fields as leniently as browsers and web servers do (RFC 6265 section 5). */
public final class Cookies {

    private static final int MAX_VALUES = 4;

    private Cookies() {}

    /**
     * The first values of the named cookie in the fields, in order. An honest client sends one, or a few with different
     * domains or paths; a head has room for thousands, and each costs an HMAC or a digest.
     */
    static List<String> values(Enumeration<String> cookieFields, String name) {
        List<String> values = new ArrayList<>();
        for (String field : Collections.list(cookieFields)) {
            for (String pair : field.split(";", -1)) {
                if (name.equals(name(pair)) && values.size() < MAX_VALUES) {
                    values.add(value(pair));
                }
            }
        }
        return values;
    }

    /**
     * The value of the named cookie in the last Set-Cookie field that gives it one, which is the one that clients keep
     * (RFC 6265 section 5.3) unless domain or path differ. Null if none does, or all that set it leave it empty.
     */
    static @Nullable String valueSet(List<String> setCookieFields, String name) {
        String last = null;
        for (String field : setCookieFields) {
            String pair = field.split(";", 2)[0];
            if (name.equals(name(pair)) && !value(pair).isEmpty()) {
                last = value(pair);
            }
        }
        return last;
    }

    /**
     * Removes the named cookies from a Cookie field and leaves the others as they are.
     *
     * @return null if nothing is left
     */
    public static @Nullable String without(Set<String> names, String cookieField) {
        String[] pairs = cookieField.split(";", -1);
        List<String> kept = new ArrayList<>(pairs.length);
        for (String pair : pairs) {
            if (!names.contains(name(pair))) {
                kept.add(pair);
            }
        }
        if (kept.size() == pairs.length) {
            return cookieField;
        }
        String field = String.join(";", kept).strip();
        return field.isEmpty() ? null : field;
    }

    private static String name(String pair) {
        int equals = pair.indexOf('=');
        return equals < 0 ? "" : pair.substring(0, equals).strip();
    }

    private static String value(String pair) {
        return pair.substring(pair.indexOf('=') + 1).strip();
    }
}
