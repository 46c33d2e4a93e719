package dev.sluice.config;

import org.jspecify.annotations.Nullable;

/**
 * One problem of the configuration. Immutable.
 *
 * @param variable the name of the variable
 * @param value the value of the variable, or a placeholder if it is a secret; null if the variable is not set
 * @param message what is wrong, or what the value must be
 */
public record Problem(String variable, @Nullable String value, String message) {

    /** One line: {@code variable=value: message}, with control characters replaced. */
    @Override
    public String toString() {
        String line = variable + (value == null ? "" : "=" + value) + ": " + message;
        return line.replaceAll("\\p{Cc}", "?");
    }
}
