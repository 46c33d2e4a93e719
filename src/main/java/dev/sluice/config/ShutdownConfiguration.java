package dev.sluice.config;

import java.time.Duration;

/**
 * How Sluice stops. Immutable.
 *
 * @param delay how long Sluice still takes requests, while not ready, so that a load balancer in front notices; only
 *     used with Sluice's own listener
 * @param timeout how long the requests and tunnels in flight may take to finish after the delay
 */
public record ShutdownConfiguration(Duration delay, Duration timeout) {

    public static final ShutdownConfiguration DEFAULT =
            new ShutdownConfiguration(Duration.ZERO, Duration.ofSeconds(10));
}
