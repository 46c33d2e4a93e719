package dev.sluice.admin;

import dev.sluice.balance.Forecast;
import dev.sluice.routing.Rule;
import dev.sluice.routing.Rules;
import dev.sluice.target.Prospect;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import dev.sluice.target.TargetState;
import java.util.Locale;

/** An explanation as plain text: the request, the rules, the targets, and the outcome. Not thread-safe. */
final class ExplanationText {

    private final StringBuilder text = new StringBuilder();

    private ExplanationText() {}

    static String of(Explanation.Outcome outcome) {
        ExplanationText text = new ExplanationText();
        text.line(outcome.request());
        text.rules(outcome);
        text.targets(outcome);
        text.line("").line("Answer: " + outcome.answer());
        return text.text.toString();
    }

    private ExplanationText line(String line) {
        text.append(line).append('\n');
        return this;
    }

    private void rules(Explanation.Outcome outcome) {
        if (outcome.trials().isEmpty()) {
            return;
        }
        line("").line("Rules, the longest path prefix first:");
        for (Rules.Trial<TargetGroup> trial : outcome.trials()) {
            Rule<TargetGroup> rule = trial.rule();
            line("  " + rule.pathPrefix() + " to " + rule.targetGroup().name() + ": "
                    + (trial.matches() ? "matches, " : "") + trial.reason());
        }
    }

    private void targets(Explanation.Outcome outcome) {
        Rule<TargetGroup> rule = outcome.rule();
        Prospect prospect = outcome.prospect();
        if (rule == null || prospect == null) {
            return;
        }
        Forecast<Target> forecast = prospect.forecast();
        TargetGroup group = rule.targetGroup();
        line("").line("Targets of " + group.name() + ", " + group.algorithm() + ":");
        boolean isOnlyOne = forecast.standings().stream()
                        .filter(Forecast.Standing::mayBeNext)
                        .count()
                == 1;
        for (Forecast.Standing<Target> standing : forecast.standings()) {
            Target target = standing.candidate();
            String fate = !standing.mayBeNext() ? "not now" : isOnlyOne ? "taken" : "may be taken";
            String asked = standing.mayBeNext()
                    ? ", asked for " + outcome.path(rule, target) + " with Host " + outcome.host(rule, target)
                    : "";
            target(target, fate + ", score " + score(standing.score()) + asked);
        }
        prospect.exclusions().forEach(exclusion -> target(exclusion.target(), "not taken: " + exclusion.reason()));
        if (!forecast.standings().isEmpty()) {
            line("  The score is: " + forecast.scoring() + ".");
        }
    }

    private void target(Target target, String fate) {
        TargetState state = target.state();
        line("  " + target.name() + " is " + state.name() + " (" + state.reason() + "), " + target.inFlight()
                + " in flight"
                + (target.weight() == 1 ? "" : ", weight " + target.weight())
                + (target.share() == 1 ? "" : ", starts slowly with " + Figures.percent(target.share())));
        line("    " + fate);
    }

    /** A whole number without decimals, any other with three. */
    private static String score(double score) {
        return String.format(Locale.ROOT, score == Math.rint(score) ? "%.0f" : "%.3f", score);
    }
}
