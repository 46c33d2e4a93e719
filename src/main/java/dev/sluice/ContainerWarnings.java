package dev.sluice;

import dev.sluice.config.AdminConfiguration;
import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationSources;
import dev.sluice.config.RuleConfiguration;
import dev.sluice.routing.RawPath;
import dev.sluice.routing.Rule;
import jakarta.servlet.ServletContext;
import java.util.ArrayList;
import java.util.List;

/** What a configuration sets without effect, because a container has the listener and the context path. Stateless. */
final class ContainerWarnings {

    /** What only Sluice's own listener does. */
    private static final List<String> OF_THE_LAUNCHER =
            List.of("LISTENER_ADDRESS", "MAX_CONNECTIONS", "REQUEST_HEADER_TIMEOUT_SECONDS", "SHUTDOWN_DELAY_SECONDS");

    /** What {@code jetty-base/} has its own modules for. */
    private static final List<String> OF_JETTYS_MODULES_TOO = List.of(
            "LISTENER_PORT",
            "LISTENER_TLS_PORT",
            "LISTENER_TLS_CERTIFICATE_FILE",
            "LISTENER_TLS_KEY_FILE",
            "MAX_REQUEST_HEADER_BYTES");

    private ContainerWarnings() {}

    /** Of the variables that are set now, in words for the log; empty if all have an effect. */
    static List<String> ofVariables(ConfigurationSources sources, ServletContext context) {
        return ofVariables(sources, context.getClass().getName().startsWith("org.eclipse.jetty."));
    }

    static List<String> ofVariables(ConfigurationSources sources, boolean isJetty) {
        List<String> warnings = new ArrayList<>();
        List<String> variables = new ArrayList<>(OF_THE_LAUNCHER);
        if (!isJetty) {
            variables.addAll(OF_JETTYS_MODULES_TOO);
        }
        List<String> withoutEffect = sources.setAmong(variables);
        if (!withoutEffect.isEmpty()) {
            warnings.add(String.join(", ", withoutEffect) + ": no effect here, where the container has the listener");
        }
        List<String> unread = isJetty ? sources.setOutsideEnvironmentAmong(OF_JETTYS_MODULES_TOO) : List.of();
        if (!unread.isEmpty()) {
            warnings.add(String.join(", ", unread) + ": no effect here, Jetty's modules read the environment only");
        }
        return warnings;
    }

    /** Of paths, each that of the whole request, with the context path; empty if all can be reached. */
    static List<String> ofPaths(Configuration configuration, String contextPath) {
        List<String> warnings = new ArrayList<>();
        for (RuleConfiguration rule : configuration.rules()) {
            if (!Rule.of(rule, rule.targetGroup()).mayMatchBelow(contextPath)) {
                warnings.add("The rule for " + rule.pathPrefix() + " never matches: only what is below " + contextPath
                        + ", the context path, comes here");
            }
        }
        AdminConfiguration admin = configuration.admin();
        if (admin != null && !RawPath.isBelow(admin.path(), contextPath)) {
            warnings.add("ADMIN_PATH is never reached: only what is below " + contextPath
                    + ", the context path, comes here");
        }
        return warnings;
    }
}
