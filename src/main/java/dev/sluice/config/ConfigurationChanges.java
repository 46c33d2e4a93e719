package dev.sluice.config;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/** What differs between two configurations, for people. Immutable. */
public record ConfigurationChanges(Configuration before, Configuration after) {

    /** The variables that count when the process starts only, and are not what they were then. */
    public static List<String> needRestart(Configuration running, Configuration configured) {
        Map<String, Function<Configuration, ?>> variables = new LinkedHashMap<>();
        listenerVariables().forEach((name, value) -> variables.put(name, value.compose(Configuration::listener)));
        variables.put("ACCESS_LOG", its -> its.observation().accessLog());
        variables.put("ACCESS_LOG_QUERY", its -> its.observation().accessLogQuery());
        return variables.entrySet().stream()
                .filter(variable -> !variable.getValue()
                        .apply(running)
                        .equals(variable.getValue().apply(configured)))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static Map<String, Function<ListenerConfiguration, ?>> listenerVariables() {
        Map<String, Function<ListenerConfiguration, ?>> variables = new LinkedHashMap<>();
        variables.put("LISTENER_PORT", ListenerConfiguration::port);
        variables.put(
                "LISTENER_TLS_PORT",
                listener -> listener.tls() == null ? -1 : listener.tls().port());
        variables.put(
                "LISTENER_TLS_CERTIFICATE_FILE",
                listener -> listener.tls() == null ? "" : listener.tls().certificateFile());
        variables.put(
                "LISTENER_TLS_KEY_FILE",
                listener -> listener.tls() == null ? "" : listener.tls().keyFile());
        variables.put("MAX_REQUEST_HEADER_BYTES", ListenerConfiguration::maxHeaderBytes);
        variables.put("REQUEST_HEADER_TIMEOUT_SECONDS", ListenerConfiguration::headerTimeout);
        variables.put("MAX_CONNECTIONS", ListenerConfiguration::maxConnections);
        return variables;
    }

    /** In short, on one line: {@code target groups: +api, web (+a:80, -b:80); rules: -/old}; or that nothing does. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        String groups = changes(
                before.targetGroups(), after.targetGroups(), TargetGroupConfiguration::name, ConfigurationChanges::of);
        if (!groups.isEmpty()) {
            parts.add("target groups: " + groups);
        }
        String rules =
                changes(before.rules(), after.rules(), RuleConfiguration::pathPrefix, (one, other) -> one.pathPrefix());
        if (!rules.isEmpty()) {
            parts.add("rules: " + rules);
        }
        if (!before.rest().equals(after.rest())) {
            parts.add("settings that are not of a group or a rule");
        }
        return parts.isEmpty() ? "nothing" : String.join("; ", parts);
    }

    private static String of(TargetGroupConfiguration one, TargetGroupConfiguration other) {
        String targets = changes(
                one.targets(),
                other.targets(),
                TargetConfiguration::toString,
                (before, after) -> after + " weight " + after.weight());
        return other.name() + (targets.isEmpty() ? "" : " (" + targets + ")");
    }

    @FunctionalInterface
    private interface Difference<T> {
        String of(T one, T other);
    }

    private static <T> String changes(
            List<T> before, List<T> after, Function<T, String> name, Difference<T> difference) {
        Map<String, T> old = byName(before, name);
        Map<String, T> present = byName(after, name);
        List<String> changes = new ArrayList<>();
        present.forEach((itsName, it) -> {
            T was = old.get(itsName);
            if (was == null) {
                changes.add("+" + itsName);
            } else if (!Objects.equals(was, it)) {
                changes.add(difference.of(was, it));
            }
        });
        old.keySet().stream().filter(itsName -> !present.containsKey(itsName)).forEach(gone -> changes.add("-" + gone));
        return changes.stream().collect(joining(", "));
    }

    private static <T> Map<String, T> byName(List<T> all, Function<T, String> name) {
        return all.stream().collect(toMap(name, Function.identity(), (one, other) -> one, LinkedHashMap::new));
    }
}
