package dev.sluice.admin;

import dev.sluice.target.TargetGroup;
import java.util.ArrayList;
import java.util.List;

/** Whether Sluice should get requests: not while it is about to stop, nor while any group has no available target. */
final class Readiness {

    private final Lifetime lifetime;
    private final List<TargetGroup> targetGroups;

    Readiness(Lifetime lifetime, List<TargetGroup> targetGroups) {
        this.lifetime = lifetime;
        this.targetGroups = targetGroups;
    }

    Answer answer() {
        List<String> obstacles = new ArrayList<>();
        if (lifetime.drainingSince() != null) {
            obstacles.add("draining: it was told to end");
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
