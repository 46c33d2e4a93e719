package dev.sluice.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One TARGET_GROUP_&lt;N&gt;. Immutable.
 *
 * @param targets as configured: hostnames are not resolved yet
 * @param transport the protocol of the connections to the targets
 * @param stickiness null unless the algorithm is STICKY
 * @param slowStart how long a new target takes to reach its full share of requests; zero for no slow start
 * @param maxConcurrentRequestsPerTarget {@link Integer#MAX_VALUE} for no limit
 * @param healthCheck null for none
 * @param failOpen whether requests go to all targets, rather than to none, if all are unhealthy
 * @param forwarding how requests and responses are forwarded
 * @param deregistrationDelay how long a target that has left the group may still serve its requests in flight and those
 *     of its sessions
 */
public record TargetGroupConfiguration(
        String name,
        AlgorithmName algorithm,
        List<TargetConfiguration> targets,
        TransportConfiguration transport,
        @Nullable StickinessConfiguration stickiness,
        Duration slowStart,
        int maxConcurrentRequestsPerTarget,
        QueueConfiguration queue,
        @Nullable HealthCheckConfiguration healthCheck,
        boolean failOpen,
        EjectionConfiguration ejection,
        RetryConfiguration retry,
        ForwardingConfiguration forwarding,
        Duration deregistrationDelay) {

    /** The default of {@code deregistrationDelay}. */
    public static final Duration DEREGISTRATION_DELAY = Duration.ofSeconds(30);

    public TargetGroupConfiguration {
        targets = List.copyOf(targets);
    }

    /** Whether a target has a weight that makes no difference, because the algorithm ignores all but 0. */
    public boolean hasUnusedWeights() {
        return algorithm == AlgorithmName.ROUND_ROBIN
                && targets.stream().anyMatch(target -> target.weight() > TargetConfiguration.DEFAULT_WEIGHT);
    }

    /** A group that has nothing but targets, over which it balances: no sessions, limits, queue, checks or drains. */
    public static TargetGroupConfiguration plain(
            String name, AlgorithmName algorithm, List<TargetConfiguration> targets) {
        return new TargetGroupConfiguration(
                name,
                algorithm,
                targets,
                TransportConfiguration.PLAIN,
                null,
                Duration.ZERO,
                Integer.MAX_VALUE,
                QueueConfiguration.NONE,
                null,
                false,
                EjectionConfiguration.DEFAULT,
                RetryConfiguration.DEFAULT,
                ForwardingConfiguration.DEFAULT,
                Duration.ZERO);
    }
}
