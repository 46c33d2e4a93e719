package dev.sluice.config;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks that any variables give a configuration or a {@link ConfigurationException}. */
public final class ConfigurationFuzz {

    private static final List<String> NAMES = List.of(
            "LISTENER_PORT",
            "CONNECTION_TIMEOUT",
            "LOAD_BALANCING_ALGORITHM",
            "QUEUE_TIMEOUT_MILLISECONDS",
            "STICKINESS_SECRET",
            "STICKINESS_COOKIE_DURATION_SECONDS",
            "HEALTH_CHECK_FAIL_OPEN",
            "EJECTION_CONSECUTIVE_FAILURES",
            "EJECTION_DURATION_SECONDS",
            "RETRY_ATTEMPTS",
            "RETRY_BUDGET_PERCENT",
            "RETRY_ON_STATUS",
            "DEREGISTRATION_DELAY_SECONDS",
            "DNS_MIN_TTL_SECONDS",
            "DNS_MAX_TTL_SECONDS",
            "DNS_RESOLVERS",
            "TARGET_GROUP_1_NAME",
            "TARGET_GROUP_1_TARGETS",
            "TARGET_GROUP_1_ALGORITHM",
            "TARGET_GROUP_1_SLOW_START_DURATION_SECONDS",
            "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET",
            "TARGET_GROUP_1_QUEUE_SIZE",
            "TARGET_GROUP_1_STICKINESS_COOKIE_NAME",
            "TARGET_GROUP_1_HEALTH_CHECK_PATH",
            "TARGET_GROUP_1_HEALTH_CHECK_MATCHER",
            "TARGET_GROUP_1_HEALTH_CHECK_PORT",
            "TARGET_GROUP_1_HEALTH_CHECK_PROTOCOL",
            "TARGET_GROUP_2_NAME",
            "TARGET_GROUP_2_TARGETS",
            "TARGET_GROUP_99999999999999999999_NAME",
            "TARGET_GROUP_0_NAME",
            "LISTENER_RULE_1_PATH_PREFIX",
            "LISTENER_RULE_1_PATH_REWRITE",
            "LISTENER_RULE_1_TARGET_GROUP");

    private static final List<String> VALUES = List.of(
            "web",
            "/",
            "/api",
            "true",
            "STICKY",
            "WEIGHTED",
            "0",
            "10",
            "-1",
            "99999999999999999999",
            "localhost:8080",
            "[::1]:8080/base weight=3",
            "srv+http://web.example/base",
            "200-399,404",
            "127.0.0.1:53,[::1]");

    private ConfigurationFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        Map<String, String> environment = new HashMap<>();
        while (data.remainingBytes() > 0 && environment.size() < 40) {
            environment.put(name(data), value(data));
        }
        try {
            Configuration.load(environment, Map.of());
        } catch (ConfigurationException e) {
            if (e.getMessage() == null || e.getMessage().isEmpty()) {
                throw new IllegalStateException("no word of what is wrong", e);
            }
        }
    }

    /** Never CONFIG_FILE: the file that it names would be read. */
    private static String name(FuzzedDataProvider data) {
        String name = data.pickValue(NAMES);
        return data.consumeInt(0, 9) == 0 ? name + data.consumeString(4) : name;
    }

    private static String value(FuzzedDataProvider data) {
        StringBuilder value = new StringBuilder();
        for (int pieces = data.consumeInt(0, 4); pieces > 0; pieces--) {
            value.append(data.consumeBoolean() ? data.pickValue(VALUES) : data.consumeString(12));
            value.append(data.pickValue(new String[] {"", "", ",", " ", "/", ":"}));
        }
        return value.toString();
    }
}
