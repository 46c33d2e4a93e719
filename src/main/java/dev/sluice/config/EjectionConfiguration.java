package dev.sluice.config;

import java.time.Duration;

/**
 * When a target whose requests fail is ejected, and for how long. Immutable.
 *
 * @param consecutiveFailures how many requests must fail in a row; 0 for no ejection
 * @param duration of the first ejection; the second in a row lasts twice as long, the third three times, up to five
 *     minutes
 * @param onServerErrors whether a response with a status of 500 or above counts as a failure
 */
public record EjectionConfiguration(int consecutiveFailures, Duration duration, boolean onServerErrors) {

    public static final EjectionConfiguration DEFAULT = new EjectionConfiguration(5, Duration.ofSeconds(10), false);
}
