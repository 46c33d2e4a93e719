package dev.sluice.admin;

import dev.sluice.observe.Reloads;
import dev.sluice.routing.Rule;
import dev.sluice.routing.Rules;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import dev.sluice.target.TargetState;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The current status as JSON. Points in time are in UTC (RFC 3339); durations have their unit in the name. */
final class Status {

    private final Lifetime lifetime;
    private final Reloads reloads;
    private final String adminPath;
    private final Rules<TargetGroup> rules;
    private final List<TargetGroup> targetGroups;
    private final Supplier<List<TargetGroup>> leaving;

    Status(
            Lifetime lifetime,
            Reloads reloads,
            String adminPath,
            Rules<TargetGroup> rules,
            List<TargetGroup> targetGroups,
            Supplier<List<TargetGroup>> leaving) {
        this.lifetime = lifetime;
        this.reloads = reloads;
        this.leaving = leaving;
        this.adminPath = adminPath;
        this.rules = rules;
        this.targetGroups = targetGroups;
    }

    Answer answer() {
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("version", lifetime.version());
        status.put("started", lifetime.started().toString());
        status.put("uptimeSeconds", lifetime.uptime().toSeconds());
        status.put("draining", lifetime.drainingSince() != null);
        status.put("configuration", configuration());
        status.put("rules", rules.inMatchingOrder().stream().map(Status::rule).toList());
        status.put("targetGroups", targetGroups.stream().map(this::group).toList());
        status.put(
                "leavingTargetGroups", leaving.get().stream().map(this::group).toList());
        return Answer.json(200, status);
    }

    private Map<String, Object> configuration() {
        Reloads.State state = reloads.state();
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
        value.put("available", group.isAvailable());
        value.put("unavailability", group.unavailability());
        value.put("waiting", group.waiting());
        value.put("queueSize", group.queueSize());
        value.put(
                "targets",
                group.allTargets().stream().map(target -> target(group, target)).toList());
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
