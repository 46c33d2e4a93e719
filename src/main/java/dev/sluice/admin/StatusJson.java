package dev.sluice.admin;

import dev.sluice.observe.Reloads;
import dev.sluice.routing.Rule;
import dev.sluice.target.NameProblem;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import dev.sluice.target.TargetState;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The current status as JSON. Points in time are in UTC (RFC 3339); durations have their unit in the name. Safe for use
 * by many threads.
 */
final class StatusJson {

    private final StatusSource source;
    private final String adminPath;

    StatusJson(StatusSource source, String adminPath) {
        this.source = source;
        this.adminPath = adminPath;
    }

    Answer answer() {
        Lifetime lifetime = source.lifetime();
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("version", lifetime.version());
        status.put("started", lifetime.started().toString());
        status.put("uptimeSeconds", lifetime.uptime().toSeconds());
        status.put("draining", lifetime.drainingSince() != null);
        status.put("configuration", configuration());
        status.put(
                "rules",
                source.rules().inMatchingOrder().stream().map(StatusJson::rule).toList());
        status.put(
                "targetGroups", source.targetGroups().stream().map(this::group).toList());
        status.put(
                "leavingTargetGroups",
                source.leaving().get().stream().map(this::group).toList());
        return Answer.json(200, status);
    }

    private Map<String, Object> configuration() {
        Reloads.State state = source.reloads().state();
        Map<String, Object> refused = null;
        if (state.isRefused()) {
            refused = new LinkedHashMap<>();
            refused.put("at", text(state.lastFailure()));
            refused.put("problems", state.problems());
        }
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("inUseSince", state.inUseSince().toString());
        value.put("refused", refused);
        return value;
    }

    private static Map<String, Object> rule(Rule<TargetGroup> rule) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("pathPrefix", rule.pathPrefix());
        value.put("pathRewrite", rule.pathRewrite());
        value.put("targetGroup", rule.targetGroup().name());
        return value;
    }

    private Map<String, Object> group(TargetGroup group) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("name", group.name());
        value.put("algorithm", group.algorithm().name());
        String unavailability = group.unavailability();
        value.put("available", unavailability == null);
        value.put("unavailability", unavailability);
        value.put(
                "nameProblems",
                group.nameProblems().stream().map(StatusJson::nameProblem).toList());
        value.put("waiting", group.waiting());
        value.put("queueSize", group.queueSize());
        value.put(
                "targets",
                group.allTargets().stream().map(target -> target(group, target)).toList());
        return value;
    }

    private static Map<String, Object> nameProblem(NameProblem problem) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("name", problem.name());
        value.put("inPart", problem.isPartOnly());
        value.put("problem", problem.problem());
        return value;
    }

    private Map<String, Object> target(TargetGroup group, Target target) {
        TargetState state = target.state();
        double expectedNanos = target.responseTime().expected();
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("name", target.name());
        value.put("path", adminPath + TargetPath.of(group, target));
        value.put("address", target.route().getTargetHost().getAddress().getHostAddress());
        value.put("state", state.name().name());
        value.put("since", state.since().toString());
        value.put("reason", state.reason());
        value.put("ejectedUntil", text(state.ejectedUntil()));
        value.put("weight", target.weight());
        value.put("share", target.share());
        value.put("inFlight", target.inFlight());
        value.put("requests", target.requests());
        value.put("requestsPerSecond", target.requestRate().lastMinute());
        value.put("failures", target.failures());
        value.put("failuresPerSecond", target.failureRate().lastMinute());
        value.put("expectedResponseMilliseconds", expectedNanos == 0 ? null : milliseconds(expectedNanos));
        return value;
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }

    private static double milliseconds(double nanos) {
        return Math.round(nanos / 1000) / 1000.0;
    }
}
