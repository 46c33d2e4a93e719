package dev.sluice.admin;

import dev.sluice.routing.Rules;
import dev.sluice.target.TargetGroup;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether Sluice should get requests: not while it is about to stop, nor while a group that a rule forwards to has no
 * available target. Safe for use by many threads.
 */
final class Readiness {

    private final Lifetime lifetime;
    private final List<TargetGroup> targetGroups; // those that rules forward to

    Readiness(Lifetime lifetime, Rules<TargetGroup> rules) {
        this.lifetime = lifetime;
        this.targetGroups = rules.targetGroups();
    }

    /** 200, or 503 with a line for each reason. */
    Answer answer() {
        List<String> obstacles = new ArrayList<>();
        if (lifetime.drainingSince() != null) {
            obstacles.add("draining: Sluice is shutting down");
        }
        for (TargetGroup group : targetGroups) {
            String unavailability = group.unavailability();
            if (unavailability != null) {
                obstacles.add(group.name() + ": " + unavailability);
            }
        }
        return obstacles.isEmpty() ? Answer.text(200, "ready") : Answer.text(503, String.join("\n", obstacles));
    }
}
