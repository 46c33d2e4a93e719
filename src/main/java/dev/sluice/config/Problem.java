package dev.sluice.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One problem of the configuration. Immutable.
 *
 * @param variable the name of the variable
 * @param value the value of the variable, or a placeholder if it is a secret; null if the variable is not set
 * @param message what is wrong, or what the value must be
 */
public record Problem(String variable, @Nullable String value, String message) {

    /** Stands for a value that must not be shown. */
    private static final String HIDDEN = "(hidden)";

    private static final String PRIVATE_KEY = "PRIVATE KEY"; // as a block of PEM is labelled

    /** The user info of a URI (RFC 3986 section 3.2.1), also where a password has a slash or an @ that is not encoded. */
    private static final Pattern USER_INFO = Pattern.compile("(?:(?<=://).+|^[^\\s/:]+:(?!//).*)(?=@)");

    /**
     * A value that holds a private key is not shown, and neither is a message about it: that may quote the value. Of a
     * URI with a password, both show the rest.
     */
    public Problem {
        if (value != null && value.contains(PRIVATE_KEY)) {
            value = HIDDEN;
            message = "it holds a private key, which belongs in a file";
        } else if (value != null) {
            Matcher userInfo = USER_INFO.matcher(value);
            if (userInfo.find()) {
                message = message.replace(userInfo.group() + "@", HIDDEN + "@");
                value = userInfo.replaceFirst(HIDDEN);
            }
        }
    }

    /** The same problem, with a placeholder for the value. */
    Problem withoutValue() {
        return new Problem(variable, HIDDEN, message);
    }

    /** One line: {@code variable=value: message}, with control characters replaced. */
    @Override
    public String toString() {
        String line = variable + (value == null ? "" : "=" + value) + ": " + message;
        return line.replaceAll("\\p{Cc}", "?");
    }
}
