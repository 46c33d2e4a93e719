package dev.sluice.config;

import java.util.List;

/**
 * One TARGET_GROUP_&lt;N&gt;. Immutable.
 *
 * @param targets at least one, as configured: hostnames are not resolved yet
 */
public record TargetGroupConfiguration(String name, AlgorithmName algorithm, List<TargetConfiguration> targets) {

    public TargetGroupConfiguration {
        targets = List.copyOf(targets);
    }
}
