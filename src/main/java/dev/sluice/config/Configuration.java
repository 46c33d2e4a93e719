package dev.sluice.config;

import java.time.Duration;
import java.util.List;

/**
 * A whole, valid configuration. Immutable.
 *
 * @param listenerPort the port that the launcher listens on, 0 for any free one; containers have their own
 * @param connectionTimeout how long a connection to a target may take, and how long a target may stay silent
 * @param targetGroups in the order of their numbers; names are unique
 * @param rules in the order of their numbers; each names one of the target groups
 */
public record Configuration(
        int listenerPort,
        Duration connectionTimeout,
        List<TargetGroupConfiguration> targetGroups,
        List<RuleConfiguration> rules) {

    public Configuration {
        targetGroups = List.copyOf(targetGroups);
        rules = List.copyOf(rules);
    }
}
