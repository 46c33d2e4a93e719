package dev.sluice.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One TARGET_GROUP_&lt;N&gt;. Immutable.
 *
 * @param targets at least one, as configured: hostnames are not resolved yet
 * @param transport how they are spoken to
 * @param stickiness null unless the algorithm is STICKY
 * @param slowStart in which a new target grows to its full share; zero for at once
 * @param maxConcurrentRequestsPerTarget {@link Integer#MAX_VALUE} for no limit
 * @param queueSize how many requests may wait for a target to have room; 0 for none
 * @param queueTimeout how long each may wait
 * @param healthCheck null for none
 * @param failOpen whether requests go to all targets, rather than to none, where all are unhealthy
 * @param forwarding how requests and answers are passed on
 * @param deregistrationDelay how long a target that has left may go on with its requests, and with those of its sessions
 */
public record TargetGroupConfiguration(
        String name,
        AlgorithmName algorithm,
        List<TargetConfiguration> targets,
        TransportConfiguration transport,
        @Nullable StickinessConfiguration stickiness,
        Duration slowStart,
        int maxConcurrentRequestsPerTarget,
        int queueSize,
        Duration queueTimeout,
        @Nullable HealthCheckConfiguration healthCheck,
        boolean failOpen,
        EjectionConfiguration ejection,
        RetryConfiguration retry,
        ForwardingConfiguration forwarding,
        Duration deregistrationDelay) {

    public TargetGroupConfiguration {
        targets = List.copyOf(targets);
    }
}
