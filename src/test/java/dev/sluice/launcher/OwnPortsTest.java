package dev.sluice.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.LogLines;
import dev.sluice.config.Configuration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnPortsTest {

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 127.0.0.1:8080, true",
        "0.0.0.0, LocalHost:8080, true",
        "0.0.0.0, [::1]:8080, true",
        "0.0.0.0, 0.0.0.0:8080, true",
        "0.0.0.0, 127.0.0.1:8081, false",
        "0.0.0.0, 192.0.2.1:8080, false",
        "0.0.0.0, name.invalid:8080, false",
        "127.0.0.1, 127.0.0.1:8080, true",
        "127.0.0.1, 127.0.0.2:8080, false",
    })
    void aTargetAtWhichItListensIsWarnedOf(String listener, String target, boolean isOwn) {
        try (LogLines log = LogLines.of(OwnPorts.class)) {
            Configuration configuration = Configuration.load(
                    Map.of(
                            "LISTENER_ADDRESS", listener,
                            "TARGET_GROUP_1_NAME", "web",
                            "TARGET_GROUP_1_TARGETS", target,
                            "LISTENER_RULE_1_PATH_PREFIX", "/",
                            "LISTENER_RULE_1_TARGET_GROUP", "web"),
                    Map.of());
            OwnPorts.warn(configuration.listener(), configuration);
            assertThat(log.warnings()).hasSize(isOwn ? 1 : 0);
        }
    }
}
