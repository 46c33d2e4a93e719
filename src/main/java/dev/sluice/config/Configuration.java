package dev.sluice.config;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A complete, valid configuration. Immutable.
 *
 * @param listener the ports that clients connect to, and the limits on their requests
 * @param forwarded what targets are told about the client and the proxies before Sluice
 * @param observation the access log and the identifiers of requests
 * @param dns how the hostnames of targets are looked up
 * @param admin null if there are no admin pages
 * @param shutdown how Sluice stops
 * @param stickinessSecret the secret that signs Sluice's own cookies; null if none is configured
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

    /** The names of the target groups that no rule forwards to, in the order of the target groups. Immutable. */
    public List<String> unusedTargetGroups() {
        Set<String> used = rules.stream().map(RuleConfiguration::targetGroup).collect(Collectors.toSet());
        return targetGroups.stream()
                .map(TargetGroupConfiguration::name)
                .filter(name -> !used.contains(name))
                .toList();
    }

    /** The transports of the target groups. Immutable. */
    public Set<TransportConfiguration> transports() {
        return targetGroups.stream().map(TargetGroupConfiguration::transport).collect(Collectors.toUnmodifiableSet());
    }

    /** The names of Sluice's own cookies, which no target gets. Immutable. */
    public Set<String> ownCookies() {
        return targetGroups.stream()
                .map(TargetGroupConfiguration::stickiness)
                .filter(Objects::nonNull)
                .filter(StickinessConfiguration::isOwnCookie)
                .map(StickinessConfiguration::cookieName)
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Reads the configuration from the environment, then the servlet context's parameters, then the file that
     * CONFIG_FILE names in either. The first source that sets a variable wins; an empty value sets nothing. Variables
     * that are not Sluice's are ignored.
     *
     * @throws ConfigurationException with all problems
     */
    public static Configuration load(Map<String, String> environment, Map<String, String> contextParameters) {
        return new ConfigurationSources(environment, contextParameters).read();
    }
}
