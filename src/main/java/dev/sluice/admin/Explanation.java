package dev.sluice.admin;

import dev.sluice.balance.Forecast;
import dev.sluice.routing.AmbiguousPathException;
import dev.sluice.routing.Methods;
import dev.sluice.routing.Rule;
import dev.sluice.routing.Rules;
import dev.sluice.target.Prospect;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import dev.sluice.target.TargetState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What would become of a request, without a session, that came now, and why. Sends nothing and changes nothing. The path is that of
 * the request line, raw, and may have a query; in the query of the page it is encoded once more.
 */
final class Explanation {

    private final AdminPath adminPath;
    private final Rules<TargetGroup> rules;

    Explanation(AdminPath adminPath, Rules<TargetGroup> rules) {
        this.adminPath = adminPath;
        this.rules = rules;
    }

    /** @param asJson else as text */
    Answer answer(Query query, boolean asJson) {
        String path = query.get("path", "");
        if (path.isEmpty()) {
            return Answer.text(400, "say for which path, as in explain?method=GET&host=shop.example&path=/cart");
        }
        Map<String, Object> value = value(query.get("method", "GET"), query.get("host", ""), path);
        return asJson
                ? Answer.json(200, value)
                : new Answer(200, Answer.TEXT, text(value, "").toString());
    }

    private Map<String, Object> value(String method, String host, String pathAndQuery) {
        int question = pathAndQuery.indexOf('?');
        String path = question < 0 ? pathAndQuery : pathAndQuery.substring(0, question);
        String query = question < 0 ? "" : pathAndQuery.substring(question);
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("request", method + " " + pathAndQuery + (host.isEmpty() ? "" : " to " + host));
        if (adminPath.rest(path) != null) {
            value.put("answer", "Sluice's own: it is ADMIN_PATH, and never forwarded");
        } else if (!Methods.mayBeForwarded(method)) {
            value.put("answer", "405: this method is never forwarded");
        } else {
            match(host, path, query, value);
        }
        return value;
    }

    private void match(String host, String path, String query, Map<String, Object> value) {
        try {
            value.put(
                    "rules", rules.trials(path).stream().map(Explanation::trial).toList());
            Rule<TargetGroup> rule = rules.match(path);
            if (rule == null) {
                value.put("answer", "404: no rule matches");
            } else {
                place(rule, host, path, query, value);
            }
        } catch (AmbiguousPathException e) {
            value.put("answer", "400: " + e.getMessage());
        }
    }

    private static Map<String, Object> trial(Rules.Trial<TargetGroup> trial) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("pathPrefix", trial.rule().pathPrefix());
        value.put("targetGroup", trial.rule().targetGroup().name());
        value.put("matches", trial.matches());
        value.put("reason", trial.reason());
        return value;
    }

    private static void place(
            Rule<TargetGroup> rule, String host, String path, String query, Map<String, Object> value) {
        TargetGroup group = rule.targetGroup();
        Prospect prospect = group.prospect();
        List<Map<String, Object>> targets = new ArrayList<>();
        List<String> next = new ArrayList<>();
        for (Forecast.Standing<Target> standing : prospect.forecast().standings()) {
            Target target = standing.candidate();
            Map<String, Object> its = target(rule, target, host, path, query);
            its.put("eligible", true);
            its.put("score", standing.score());
            its.put("mayBeNext", standing.mayBeNext());
            targets.add(its);
            if (standing.mayBeNext()) {
                next.add(target.name());
            }
        }
        for (Prospect.Exclusion exclusion : prospect.exclusions()) {
            Map<String, Object> its = target(rule, exclusion.target(), host, path, query);
            its.put("eligible", false);
            its.put("why", exclusion.reason());
            targets.add(its);
        }
        value.put("targetGroup", group.name());
        value.put("algorithm", group.algorithm().name());
        value.put("score", prospect.forecast().scoring());
        value.put("targets", targets);
        value.put("answer", answer(prospect, next));
    }

    private static String answer(Prospect prospect, List<String> next) {
        String refusal = prospect.refusal();
        if (refusal == null) {
            return "that of " + (next.size() == 1 ? "" : "one of ") + String.join(", ", next);
        }
        return prospect.mayWait() ? "it would wait: " + refusal : "503: " + refusal;
    }

    private static Map<String, Object> target(
            Rule<TargetGroup> rule, Target target, String host, String path, String query) {
        TargetState state = target.state();
        boolean passesHost = rule.targetGroup().forwarding().preserveHostHeader() && !host.isEmpty();
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("name", target.name());
        value.put("path", rule.rewrite(path, target.basePath()) + query);
        value.put("host", passesHost ? host : target.authority());
        value.put("state", state.name().name());
        value.put("reason", state.reason());
        value.put("inFlight", target.inFlight());
        value.put("weight", target.weight());
        value.put("share", target.share());
        return value;
    }

    /** The same for people: a member a line, what is in a list is indented. */
    private static StringBuilder text(Map<String, ?> value, String indent) {
        StringBuilder text = new StringBuilder();
        value.forEach((name, member) -> {
            if (member instanceof List<?> list) {
                text.append(indent).append(name).append(":\n");
                list.forEach(each ->
                        text.append(indent).append("  ").append(line(each)).append('\n'));
            } else {
                text.append(indent).append(name).append(": ").append(member).append('\n');
            }
        });
        return text;
    }

    private static String line(@Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            return String.valueOf(value);
        }
        List<String> members = new ArrayList<>();
        map.forEach((name, member) -> members.add(name + " " + member));
        return String.join(", ", members);
    }
}
