package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.ConfigurationSources;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ContainerWarningsTest {

    private static List<String> warnings(boolean isJetty, String contextPath, String... variables) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "TARGET_GROUP_1_NAME", "web",
                "TARGET_GROUP_1_TARGETS", "127.0.0.1:1",
                "LISTENER_RULE_1_PATH_PREFIX", "/",
                "LISTENER_RULE_1_TARGET_GROUP", "web"));
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        ConfigurationSources sources = new ConfigurationSources(environment, Map.of());
        return ContainerWarnings.of(sources.read(), sources, isJetty, contextPath);
    }

    @Test
    void whatHasAnEffectIsNotWarnedOf() {
        assertThat(warnings(false, "")).isEmpty();
        assertThat(warnings(false, "/lb", "LISTENER_RULE_1_PATH_PREFIX", "/lb/api", "ADMIN_PATH", "/lb/-/sluice"))
                .isEmpty();
        assertThat(warnings(true, "", "LISTENER_PORT", "80", "MAX_REQUEST_URI_BYTES", "300"))
                .isEmpty();
    }

    @Test
    void aContainerHasItsOwnConnectors() {
        assertThat(warnings(false, "", "MAX_CONNECTIONS", "5", "LISTENER_PORT", "8080"))
                .containsExactly(
                        "MAX_CONNECTIONS, LISTENER_PORT: no effect here, the container has its own connectors");
        assertThat(warnings(true, "", "SHUTDOWN_DELAY_SECONDS", "5"))
                .singleElement()
                .asString()
                .startsWith("SHUTDOWN_DELAY_SECONDS: ");
    }

    /** Rules and ADMIN_PATH are about the whole path: a target was told to drain itself, with the operator's token. */
    @Test
    void whatIsOutsideOfTheContextPathIsNeverReached() {
        assertThat(warnings(
                        true,
                        "/lb",
                        "ADMIN_PATH",
                        "/-/sluice",
                        "LISTENER_RULE_2_PATH_PREFIX",
                        "/api",
                        "LISTENER_RULE_2_TARGET_GROUP",
                        "web"))
                .containsExactly(
                        "The rule for /api never matches: only what is below /lb, the context path, comes here",
                        "ADMIN_PATH is never reached: only what is below /lb, the context path, comes here");
    }
}
