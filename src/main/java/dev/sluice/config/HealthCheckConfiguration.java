package dev.sluice.config;

import java.time.Duration;

/**
 * How a group's targets are asked whether they are well. Immutable.
 *
 * @param path what is asked for, with its query; not looked at with TCP
 * @param port 0 for the target's own
 * @param interval from the end of one check to the next
 * @param timeout in which a target must have answered completely
 * @param healthyThreshold so many checks passed in a row make an unhealthy target healthy
 * @param unhealthyThreshold so many failed in a row make it unhealthy
 * @param matcher the status codes that pass; not looked at with TCP
 */
public record HealthCheckConfiguration(
        Protocol protocol,
        String path,
        int port,
        Duration interval,
        Duration timeout,
        int healthyThreshold,
        int unhealthyThreshold,
        StatusCodes matcher) {

    /** How a target is asked. */
    public enum Protocol {
        /** GET over HTTP/1.1. */
        HTTP,
        /** The same over TLS, with whatever certificate the target has. */
        HTTPS,
        /** A connection that can be made. */
        TCP
    }
}
