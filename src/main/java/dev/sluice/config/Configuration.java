package dev.sluice.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A whole, valid configuration. Immutable.
 *
 * @param listener where clients are listened to
 * @param forwarded what targets are told of who asked
 * @param observation what people see of the requests
 * @param dns how the targets' hostnames are looked up
 * @param admin null if operators see nothing
 * @param shutdown how it ends
 * @param stickinessSecret what Sluice's own cookies are signed with; null if none is configured
 * @param targetGroups in the order of their numbers; names are unique
 * @param rules in the order of their numbers; each names one of the target groups
 */
public record Configuration(
        ListenerConfiguration listener,
        TimeoutConfiguration timeouts,
        ForwardedConfiguration forwarded,
        ObservationConfiguration observation,
        DnsConfiguration dns,
        @Nullable AdminConfiguration admin,
        ShutdownConfiguration shutdown,
        @Nullable String stickinessSecret,
        List<TargetGroupConfiguration> targetGroups,
        List<RuleConfiguration> rules) {

    public Configuration {
        targetGroups = List.copyOf(targetGroups);
        rules = List.copyOf(rules);
    }

    /**
     * Reads the configuration from the environment, from the servlet context's parameters and from the file that CONFIG_FILE names
     * in either; the first that sets a variable wins, and an empty value sets nothing. Variables that are not Sluice's are ignored.
     *
     * @throws ConfigurationException with every problem at once
     */
    public static Configuration load(Map<String, String> environment, Map<String, String> contextParameters) {
        return new ConfigurationSources(environment, contextParameters).read();
    }
}
