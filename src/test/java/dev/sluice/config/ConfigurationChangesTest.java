package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationChangesTest {

    private static final Map<String, String> BEFORE = Map.of(
            "TARGET_GROUP_1_NAME", "web",
            "TARGET_GROUP_1_TARGETS", "a:80,b:80",
            "TARGET_GROUP_2_NAME", "api",
            "TARGET_GROUP_2_TARGETS", "c:80",
            "LISTENER_RULE_1_PATH_PREFIX", "/",
            "LISTENER_RULE_1_TARGET_GROUP", "web",
            "LISTENER_RULE_2_PATH_PREFIX", "/api",
            "LISTENER_RULE_2_TARGET_GROUP", "api");

    private static Configuration with(String... variables) {
        Map<String, String> all = new HashMap<>(BEFORE);
        for (int i = 0; i < variables.length; i += 2) {
            all.put(variables[i], variables[i + 1]);
        }
        return Configuration.load(all, Map.of());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TARGET_GROUP_1_TARGETS        | a:80,b:80       | nothing",
                "TARGET_GROUP_1_TARGETS        | b:80,d:80/v2    | target groups: web (+d:80/v2, -a:80)",
                "TARGET_GROUP_1_TARGETS        | a:80,b:80 weight=3 | target groups: web (b:80 weight 3)",
                "TARGET_GROUP_1_TARGETS        | 'b:80,a:80'     | target groups: web",
                "TARGET_GROUP_2_ALGORITHM      | LRT             | target groups: api (algorithm)",
                "TARGET_GROUP_2_PROTOCOL       | HTTPS           | target groups: api (protocol)",
                "TARGET_GROUP_2_SLOW_START_DURATION_SECONDS | 30 | target groups: api (slow start)",
                "TARGET_GROUP_2_HEALTH_CHECK_PATH  | /up         | target groups: api (health check)",
                "EJECTION_CONSECUTIVE_FAILURES | 9               | 'target groups: web (ejection), api (ejection)'",
                "RETRY_ATTEMPTS                | 2               | 'target groups: web (retries), api (retries)'",
                "TARGET_GROUP_2_MAX_REQUEST_BODY_BYTES | 9       | target groups: api (forwarding)",
                "TARGET_GROUP_2_DEREGISTRATION_DELAY_SECONDS | 9 | target groups: api (deregistration delay)",
                "TARGET_GROUP_3_NAME           | new             | target groups: +new",
                "LISTENER_RULE_2_PATH_PREFIX   | /v2             | 'rules: +/v2, -/api'",
                "LISTENER_RULE_2_PATH_REWRITE  | /api            | rules: /api (path rewrite)",
                "LISTENER_RULE_2_TARGET_GROUP  | web             | rules: /api (target group)",
                "CONNECTION_TIMEOUT            | 7               | CONNECTION_TIMEOUT",
                "LISTENER_PORT                 | 7               | nothing",
            })
    void whatChangesIsSaidInShort(String variable, String value, String expected) {
        Configuration after = variable.equals("TARGET_GROUP_3_NAME")
                ? with(variable, value, "TARGET_GROUP_3_TARGETS", "e:80")
                : with(variable, value);
        assertThat(new ConfigurationChanges(with(), after)).hasToString(expected);
    }

    @Test
    void aGroupThatIsNotThereAnyMoreIsSaidToBeGone() {
        Configuration after = with("TARGET_GROUP_2_NAME", "other", "LISTENER_RULE_2_TARGET_GROUP", "other");
        assertThat(new ConfigurationChanges(with(), after))
                .hasToString("target groups: +other, -api; rules: /api (target group)");
    }

    @Test
    void whatIsMadeOnceTakesARestart() {
        Configuration running = with();
        assertThat(new ConfigurationChanges(running, running).needRestart()).isEmpty();
        assertThat(new ConfigurationChanges(
                                running,
                                with(
                                        "ACCESS_LOG", "JSON",
                                        "ACCESS_LOG_HEADERS", "Referer",
                                        "ACCESS_LOG_QUERY", "false",
                                        "TRACING", "on",
                                        "ADMIN_PATH", "/-/sluice",
                                        "SHUTDOWN_TIMEOUT_SECONDS", "3",
                                        "LISTENER_ADDRESS", "127.0.0.1",
                                        "LISTENER_PORT", "1",
                                        "MAX_CONNECTIONS", "5",
                                        "MAX_REQUEST_HEADER_BYTES", "1000",
                                        "MAX_REQUEST_URI_BYTES", "1000",
                                        "REQUEST_HEADER_TIMEOUT_SECONDS", "1",
                                        "LISTENER_TLS_PORT", "2",
                                        "LISTENER_TLS_CERTIFICATE_FILE", "c.pem",
                                        "LISTENER_TLS_KEY_FILE", "k.pem"))
                        .needRestart())
                .containsExactly(
                        "LISTENER_ADDRESS",
                        "LISTENER_PORT",
                        "LISTENER_TLS_PORT",
                        "LISTENER_TLS_CERTIFICATE_FILE",
                        "LISTENER_TLS_KEY_FILE",
                        "MAX_REQUEST_HEADER_BYTES",
                        "REQUEST_HEADER_TIMEOUT_SECONDS",
                        "MAX_CONNECTIONS",
                        "ACCESS_LOG",
                        "ACCESS_LOG_QUERY");
    }

    @Test
    void whatIsNotOfAGroupOrARuleIsCalledByItsVariable() {
        Configuration after = with(
                "ADMIN_PATH", "/-/sluice",
                "ADMIN_TOKEN", "0123456789abcdef",
                "STICKINESS_SECRET", "fedcba9876543210",
                "VIA", "true");
        assertThat(new ConfigurationChanges(with(), after))
                .hasToString("VIA; ADMIN_PATH; ADMIN_TOKEN; STICKINESS_SECRET");
    }

    /** Otherwise a change of a new variable would not be reported. */
    @Test
    void everySettingHasItsVariable() {
        int settings = components(Configuration.class) - 2; // target groups and rules
        assertThat(ConfigurationChanges.SETTINGS).hasSize(settings);
    }

    /** Otherwise a change of a new setting of a group would be reported without saying what has changed. */
    @Test
    void everythingOfAGroupHasItsWords() {
        int parts = TargetGroupConfiguration.class.getRecordComponents().length - 2; // name and targets
        assertThat(ConfigurationChanges.OF_A_GROUP).hasSize(parts);
    }

    /** As for a group. */
    @Test
    void everythingOfARuleHasItsWords() {
        int parts = RuleConfiguration.class.getRecordComponents().length - 1; // the path prefix
        assertThat(ConfigurationChanges.OF_A_RULE).hasSize(parts);
    }

    private static int components(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .mapToInt(component -> component.getType().isRecord() ? components(component.getType()) : 1)
                .sum();
    }
}
