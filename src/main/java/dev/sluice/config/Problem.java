package dev.sluice.config;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with the configuration. Immutable.
 *
 * @param variable the name of the variable
 * @param value what it is set to, null if it is not set
 * @param message what would be right
 */
public record Problem(String variable, @Nullable String value, String message) {

    /** One line: {@code variable=value: message}. */
    @Override
    public String toString() {
        String line = variable + (value == null ? "" : "=" + value) + ": " + message;
        return line.replaceAll("\\p{Cntrl}", "?");
    }
}
