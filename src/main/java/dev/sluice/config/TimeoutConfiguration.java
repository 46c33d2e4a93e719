package dev.sluice.config;

import java.time.Duration;

/**
 * Time-outs. Immutable.
 *
 * @param connection how long connecting to a target may take, and how long a target may stay silent
 * @param streamIdle how long a response of unknown length may pause; zero for no limit
 * @param tunnelIdle how long a tunnel may be idle in both directions; zero for no limit
 */
public record TimeoutConfiguration(Duration connection, Duration streamIdle, Duration tunnelIdle) {

    public static final TimeoutConfiguration DEFAULT =
            new TimeoutConfiguration(Duration.ofSeconds(5), Duration.ofMinutes(1), Duration.ofHours(1));

    private static final Duration HARDLY_MEANT = Duration.ofMillis(100);

    /** Whether CONNECTION_TIMEOUT is so short that its value was probably meant in seconds. */
    public boolean isConnectionHardlyMeant() {
        return connection.compareTo(HARDLY_MEANT) < 0;
    }
}
