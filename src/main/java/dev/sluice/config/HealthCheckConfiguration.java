package dev.sluice.config;

import java.time.Duration;

/**
 * The health checks of a group's targets. Immutable.
 *
 * @param path the path to request, with its query; not used with TCP
 * @param port 0 for the target's own port
 * @param interval from the end of one check to the start of the next, before jitter
 * @param timeout for a whole check, from connecting to the end of the response
 * @param healthyThreshold how many checks must pass in a row to make an unhealthy target healthy
 * @param unhealthyThreshold how many checks must fail in a row to make a target unhealthy
 * @param matcher the status codes that pass; not used with TCP
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

    /** The protocol of a check. */
    public enum Protocol {
        /** GET over HTTP/1.1. */
        HTTP,
        /** GET over HTTP/1.1 and TLS; the certificate of the target is not verified. */
        HTTPS,
        /** The check passes if a connection can be made. */
        TCP
    }
}
