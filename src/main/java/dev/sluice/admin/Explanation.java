package dev.sluice.admin;

import dev.sluice.balance.Forecast;
import dev.sluice.routing.AmbiguousPathException;
import dev.sluice.routing.Methods;
import dev.sluice.routing.Rule;
import dev.sluice.routing.Rules;
import dev.sluice.target.Prospect;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Explains what would happen to a request without a session that arrived now, and why. Sends nothing to targets and
 * changes nothing. Judges the method and the path only, so it leaves out the refusals for anything else: of a malformed
 * request (400), a body (413) or URI (414) that is too long, and a loop (508). Safe for use by many threads.
 *
 * <p>The path to explain is raw, as in a request line, and may have a query; as a parameter of this page it is
 * percent-encoded once more.
 */
final class Explanation {

    private final AdminPath adminPath;
    private final Rules<TargetGroup> rules;

    Explanation(AdminPath adminPath, Rules<TargetGroup> rules) {
        this.adminPath = adminPath;
        this.rules = rules;
    }

    /**
     * What would happen to one request.
     *
     * @param host empty if not given
     * @param path raw, without the query
     * @param query raw, with its question mark; empty for none
     * @param trials of the rules; empty if none was tried
     * @param rule null if none matches
     * @param prospect of the rule's group; null without a rule
     * @param answer what the request would be answered with, for people
     */
    record Outcome(
            String method,
            String host,
            String path,
            String query,
            List<Rules.Trial<TargetGroup>> trials,
            @Nullable Rule<TargetGroup> rule,
            @Nullable Prospect prospect,
            String answer) {

        /** The request, for people. */
        String request() {
            return method + " " + path + query + (host.isEmpty() ? "" : " to " + host);
        }

        /** The path and query of the target request. */
        String path(Rule<TargetGroup> itsRule, Target target) {
            return itsRule.rewrite(path, target.basePath()) + query;
        }

        /** The Host field of the target request. */
        String host(Rule<TargetGroup> itsRule, Target target) {
            boolean passesHost = itsRule.targetGroup().forwarding().preserveHostHeader() && !host.isEmpty();
            return passesHost ? host : target.authority();
        }
    }

    /**
     * The page: 400 without a path.
     *
     * @param query with the method, GET if it is missing; the host, which may be missing; and the path
     * @param asJson false for plain text
     */
    Answer answer(Query query, boolean asJson) {
        String path = query.get("path", "");
        if (path.isEmpty()) {
            return Answer.text(400, "path is missing, as in explain?method=GET&host=shop.example&path=/cart");
        }
        Outcome outcome = outcome(query.get("method", "GET"), query.get("host", ""), path);
        return asJson
                ? Answer.json(200, ExplanationJson.of(outcome))
                : new Answer(200, Answer.TEXT, ExplanationText.of(outcome));
    }

    private Outcome outcome(String method, String host, String pathAndQuery) {
        int question = pathAndQuery.indexOf('?');
        String path = question < 0 ? pathAndQuery : pathAndQuery.substring(0, question);
        String query = question < 0 ? "" : pathAndQuery.substring(question);
        List<Rules.Trial<TargetGroup>> trials = List.of();
        Rule<TargetGroup> rule = null;
        Prospect prospect = null;
        String methodFault = Methods.fault(method);
        String answer;
        if (adminPath.rest(path) != null) {
            answer = "Sluice's own: it is ADMIN_PATH, and never forwarded";
        } else if (methodFault != null) {
            answer = "400: " + methodFault;
        } else if (!Methods.mayBeForwarded(method)) {
            answer = "405: this method is never forwarded";
        } else {
            try {
                trials = rules.trials(path);
                rule = rules.match(path);
                prospect = rule == null ? null : rule.targetGroup().prospect();
                answer = prospect == null ? "404: no rule matches" : answer(prospect);
            } catch (AmbiguousPathException e) {
                answer = "400: " + e.getMessage();
            }
        }
        return new Outcome(method, host, path, query, trials, rule, prospect, answer);
    }

    private static String answer(Prospect prospect) {
        String refusal = prospect.refusal();
        if (refusal == null) {
            List<String> next = prospect.forecast().standings().stream()
                    .filter(Forecast.Standing::mayBeNext)
                    .map(standing -> standing.candidate().name())
                    .toList();
            return "that of " + (next.size() == 1 ? "" : "one of ") + String.join(", ", next);
        }
        return prospect.mayWait() ? "it would wait: " + refusal : "503: " + refusal;
    }
}
