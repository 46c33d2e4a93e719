package dev.sluice.admin;

import dev.sluice.balance.Forecast;
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

/** An explanation as JSON: the request, the rules, the targets, and the outcome. Stateless. */
final class ExplanationJson {

    private ExplanationJson() {}

    /** Without "rules" if none was tried; without a target group and its targets if no rule matches. */
    static Map<String, Object> of(Explanation.Outcome outcome) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("request", outcome.request());
        if (!outcome.trials().isEmpty()) {
            value.put(
                    "rules",
                    outcome.trials().stream().map(ExplanationJson::trial).toList());
        }
        Rule<TargetGroup> rule = outcome.rule();
        Prospect prospect = outcome.prospect();
        if (rule != null && prospect != null) {
            value.put("targetGroup", rule.targetGroup().name());
            value.put("algorithm", rule.targetGroup().algorithm().name());
            value.put("score", prospect.forecast().scoring());
            value.put("targets", targets(outcome, rule, prospect));
        }
        value.put("answer", outcome.answer());
        return value;
    }

    private static Map<String, Object> trial(Rules.Trial<TargetGroup> trial) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("pathPrefix", trial.rule().pathPrefix());
        value.put("targetGroup", trial.rule().targetGroup().name());
        value.put("matches", trial.matches());
        value.put("reason", trial.reason());
        return value;
    }

    private static List<Map<String, Object>> targets(
            Explanation.Outcome outcome, Rule<TargetGroup> rule, Prospect prospect) {
        List<Map<String, Object>> targets = new ArrayList<>();
        for (Forecast.Standing<Target> standing : prospect.forecast().standings()) {
            Map<String, Object> its = target(outcome, rule, standing.candidate());
            its.put("eligible", true);
            its.put("score", standing.score());
            its.put("mayBeNext", standing.mayBeNext());
            targets.add(its);
        }
        for (Prospect.Exclusion exclusion : prospect.exclusions()) {
            Map<String, Object> its = target(outcome, rule, exclusion.target());
            its.put("eligible", false);
            its.put("why", exclusion.reason());
            targets.add(its);
        }
        return targets;
    }

    private static Map<String, Object> target(Explanation.Outcome outcome, Rule<TargetGroup> rule, Target target) {
        TargetState state = target.state();
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("name", target.name());
        value.put("path", outcome.path(rule, target));
        value.put("host", outcome.host(rule, target));
        value.put("state", state.name().name());
        value.put("reason", state.reason());
        value.put("inFlight", target.inFlight());
        value.put("weight", target.weight());
        value.put("share", target.share());
        return value;
    }
}
