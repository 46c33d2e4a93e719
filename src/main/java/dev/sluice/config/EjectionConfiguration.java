package dev.sluice.config;

import java.time.Duration;

/**
 * When a target whose requests fail is left out for a while. Immutable.
 *
 * @param consecutiveFailures so many in a row; 0 for never
 * @param duration for so long the first time, twice as long if it happens again, and so on
 * @param onServerErrors whether an answer of 500 to 599 is a failure too
 */
public record EjectionConfiguration(int consecutiveFailures, Duration duration, boolean onServerErrors) {

    /** Unless it is configured otherwise. */
    public static final EjectionConfiguration DEFAULT = new EjectionConfiguration(5, Duration.ofSeconds(10), false);
}
