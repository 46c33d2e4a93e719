package dev.sluice.config;

import java.time.Duration;

/**
 * How Sluice ends when it is told to. Immutable.
 *
 * @param delay for how long it goes on as before, but not ready, so that those in front notice; only where Sluice has the listener
 * @param timeout for how long it lets what is in flight finish after that
 */
public record ShutdownConfiguration(Duration delay, Duration timeout) {

    /** Unless it is configured otherwise. */
    public static final ShutdownConfiguration DEFAULT =
            new ShutdownConfiguration(Duration.ZERO, Duration.ofSeconds(10));
}
