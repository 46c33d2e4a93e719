package dev.sluice.admin;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query, percent-decoded once. A plus stays a plus and does not become a space, since it may be
 * part of a path. If a name occurs more than once, its first value counts. Immutable.
 */
final class Query {

    private final Map<String, String> parameters = new LinkedHashMap<>();

    /** @param query raw; null for none */
    Query(@Nullable String query) {
        for (String parameter : query == null ? new String[0] : query.split("&")) {
            int equals = parameter.indexOf('=');
            String name = equals < 0 ? parameter : parameter.substring(0, equals);
            String value = equals < 0 ? "" : parameter.substring(equals + 1);
            parameters.putIfAbsent(PercentEncoding.decode(name), PercentEncoding.decode(value));
        }
    }

    /** The value of a parameter; the default if it is missing. */
    String get(String name, String otherwise) {
        return parameters.getOrDefault(name, otherwise);
    }
}
