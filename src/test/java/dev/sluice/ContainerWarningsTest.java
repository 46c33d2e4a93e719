package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.ConfigurationSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerWarningsTest {

    @TempDir
    private Path directory;

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
        List<String> warnings = new ArrayList<>(ContainerWarnings.ofVariables(sources, isJetty));
        warnings.addAll(ContainerWarnings.ofPaths(sources.read(), contextPath));
        return warnings;
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
                        "MAX_CONNECTIONS, LISTENER_PORT: no effect here, where the container has the listener");
        assertThat(warnings(true, "", "SHUTDOWN_DELAY_SECONDS", "5"))
                .singleElement()
                .asString()
                .startsWith("SHUTDOWN_DELAY_SECONDS: ");
    }

    /** Its modules are read before Sluice is, by Jetty. */
    @Test
    void jettysModulesKnowOnlyTheEnvironment() throws IOException {
        Path file = Files.writeString(directory.resolve("sluice.properties"), "MAX_REQUEST_HEADER_BYTES=1000\n");
        assertThat(warnings(true, "", "CONFIG_FILE", file.toString(), "LISTENER_PORT", "80"))
                .containsExactly("MAX_REQUEST_HEADER_BYTES: no effect here, Jetty's modules read the environment only");
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
