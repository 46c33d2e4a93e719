package dev.sluice.config;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The differences between two configurations, described for people. Immutable. */
public record ConfigurationChanges(Configuration before, Configuration after) {

    /** The variables that take effect only when the process starts. */
    private static final Set<String> MADE_ONCE = Set.of(
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

    /** All settings that do not belong to a group or a rule, by variable. */
    static final Map<String, Function<Configuration, @Nullable Object>> SETTINGS = settings();

    /** The settings of a group other than its name and targets, by a description for people. */
    static final Map<String, Function<TargetGroupConfiguration, @Nullable Object>> OF_A_GROUP = ofAGroup();

    /** The settings of a rule other than its path prefix, by a description for people. */
    static final Map<String, Function<RuleConfiguration, @Nullable Object>> OF_A_RULE =
            Collections.unmodifiableMap(new TreeMap<>(Map.of(
                    "path rewrite", RuleConfiguration::pathRewrite, "target group", RuleConfiguration::targetGroup)));

    private static Map<String, Function<TargetGroupConfiguration, @Nullable Object>> ofAGroup() {
        Map<String, Function<TargetGroupConfiguration, @Nullable Object>> settings = new LinkedHashMap<>();
        settings.put("algorithm", TargetGroupConfiguration::algorithm);
        settings.put("protocol", TargetGroupConfiguration::transport);
        settings.put("stickiness", TargetGroupConfiguration::stickiness);
        settings.put("slow start", TargetGroupConfiguration::slowStart);
        settings.put("limit of requests", TargetGroupConfiguration::maxConcurrentRequestsPerTarget);
        settings.put("queue", TargetGroupConfiguration::queue);
        settings.put("health check", TargetGroupConfiguration::healthCheck);
        settings.put("fail open", TargetGroupConfiguration::failOpen);
        settings.put("ejection", TargetGroupConfiguration::ejection);
        settings.put("retries", TargetGroupConfiguration::retry);
        settings.put("forwarding", TargetGroupConfiguration::forwarding);
        settings.put("deregistration delay", TargetGroupConfiguration::deregistrationDelay);
        return Collections.unmodifiableMap(settings);
    }

    private static Map<String, Function<Configuration, @Nullable Object>> settings() {
        Map<String, Function<Configuration, @Nullable Object>> settings = new LinkedHashMap<>();
        settings.put("LISTENER_ADDRESS", its -> its.listener().address());
        settings.put("LISTENER_PORT", its -> its.listener().port());
        settings.put("LISTENER_TLS_PORT", its -> ofTls(its, ListenerConfiguration.Tls::port));
        settings.put("LISTENER_TLS_CERTIFICATE_FILE", its -> ofTls(its, ListenerConfiguration.Tls::certificateFile));
        settings.put("LISTENER_TLS_KEY_FILE", its -> ofTls(its, ListenerConfiguration.Tls::keyFile));
        settings.put("MAX_REQUEST_HEADER_BYTES", its -> its.listener().maxHeaderBytes());
        settings.put("MAX_REQUEST_URI_BYTES", its -> its.listener().maxUriBytes());
        settings.put("REQUEST_HEADER_TIMEOUT_SECONDS", its -> its.listener().headerTimeout());
        settings.put("MAX_CONNECTIONS", its -> its.listener().maxConnections());
        settings.put("CONNECTION_TIMEOUT", its -> its.timeouts().connection());
        settings.put("STREAM_IDLE_TIMEOUT_SECONDS", its -> its.timeouts().streamIdle());
        settings.put("TUNNEL_IDLE_TIMEOUT_SECONDS", its -> its.timeouts().tunnelIdle());
        settings.put("TRUSTED_PROXIES", its -> its.forwarded().trustedProxies());
        settings.put("FORWARDED_HEADERS", its -> its.forwarded().headers());
        settings.put("VIA", its -> its.forwarded().via());
        settings.put("ACCESS_LOG", its -> its.observation().accessLog());
        settings.put("ACCESS_LOG_HEADERS", its -> its.observation().accessLogHeaders());
        settings.put("ACCESS_LOG_QUERY", its -> its.observation().accessLogQuery());
        settings.put("TRACING", its -> its.observation().tracing());
        settings.put("DNS_RESOLVERS", its -> its.dns().resolvers());
        settings.put("DNS_MIN_TTL_SECONDS", its -> its.dns().minTtl());
        settings.put("DNS_MAX_TTL_SECONDS", its -> its.dns().maxTtl());
        settings.put("ADMIN_PATH", its -> ofAdmin(its, AdminConfiguration::path));
        settings.put("ADMIN_ALLOW", its -> ofAdmin(its, admin -> admin.allowed().isEmpty() ? null : admin.allowed()));
        settings.put("ADMIN_TOKEN", its -> ofAdmin(its, AdminConfiguration::token));
        settings.put("SHUTDOWN_DELAY_SECONDS", its -> its.shutdown().delay());
        settings.put("SHUTDOWN_TIMEOUT_SECONDS", its -> its.shutdown().timeout());
        settings.put("STICKINESS_SECRET", Configuration::stickinessSecret);
        return Collections.unmodifiableMap(settings);
    }

    private static @Nullable Object ofTls(
            Configuration configuration, Function<ListenerConfiguration.Tls, Object> setting) {
        ListenerConfiguration.Tls tls = configuration.listener().tls();
        return tls == null ? null : setting.apply(tls);
    }

    private static @Nullable Object ofAdmin(
            Configuration configuration, Function<AdminConfiguration, @Nullable Object> setting) {
        AdminConfiguration admin = configuration.admin();
        return admin == null ? null : setting.apply(admin);
    }

    /** The changed variables that take effect only when the process is restarted. */
    public List<String> needRestart() {
        return changed(SETTINGS, before, after).filter(MADE_ONCE::contains).toList();
    }

    private static <T> Stream<String> changed(Map<String, Function<T, @Nullable Object>> settings, T before, T after) {
        return settings.entrySet().stream()
                .filter(setting -> !Objects.equals(
                        setting.getValue().apply(before), setting.getValue().apply(after)))
                .map(Map.Entry::getKey);
    }

    /**
     * The changes that take effect without a restart, on one line:
     * {@code target groups: +api, web (health check, +a:80, -b:80); rules: -/old, /shop (path rewrite); VIA};
     * {@code nothing} if there are none.
     */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        String groups = changes(
                before.targetGroups(), after.targetGroups(), TargetGroupConfiguration::name, ConfigurationChanges::of);
        if (!groups.isEmpty()) {
            parts.add("target groups: " + groups);
        }
        String rules = changes(before.rules(), after.rules(), RuleConfiguration::pathPrefix, ConfigurationChanges::of);
        if (!rules.isEmpty()) {
            parts.add("rules: " + rules);
        }
        changed(SETTINGS, before, after)
                .filter(variable -> !MADE_ONCE.contains(variable))
                .forEach(parts::add);
        return parts.isEmpty() ? "nothing" : String.join("; ", parts);
    }

    private static String of(RuleConfiguration one, RuleConfiguration other) {
        return other.pathPrefix() + " (" + changed(OF_A_RULE, one, other).collect(joining(", ")) + ")";
    }

    private static String of(TargetGroupConfiguration one, TargetGroupConfiguration other) {
        String targets = changes(
                one.targets(),
                other.targets(),
                TargetConfiguration::toString,
                (before, after) -> after + " weight " + after.weight());
        String changes = Stream.concat(changed(OF_A_GROUP, one, other), Stream.of(targets))
                .filter(change -> !change.isEmpty())
                .collect(joining(", "));
        return other.name()
                + (changes.isEmpty() ? "" : " (" + changes + ")"); // then only the order of its targets has changed
    }

    private static <T> String changes(
            List<T> before, List<T> after, Function<T, String> name, BiFunction<T, T, String> difference) {
        Map<String, T> old = byName(before, name);
        Map<String, T> present = byName(after, name);
        List<String> changes = new ArrayList<>();
        present.forEach((itsName, it) -> {
            T was = old.get(itsName);
            if (was == null) {
                changes.add("+" + itsName);
            } else if (!Objects.equals(was, it)) {
                changes.add(difference.apply(was, it));
            }
        });
        old.keySet().stream().filter(itsName -> !present.containsKey(itsName)).forEach(gone -> changes.add("-" + gone));
        return changes.stream().collect(joining(", "));
    }

    private static <T> Map<String, T> byName(List<T> all, Function<T, String> name) {
        return all.stream().collect(toMap(name, Function.identity(), (one, other) -> one, LinkedHashMap::new));
    }
}
