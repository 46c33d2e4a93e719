package dev.sluice.admin;

import dev.sluice.observe.Reloads;
import dev.sluice.routing.Rules;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What the status of one configuration is read from, whatever its form. Safe for use by many threads.
 *
 * @param targetGroups all that are configured, in order
 * @param leaving returns the groups that are no longer configured and whose targets drain
 */
record StatusSource(
        Lifetime lifetime,
        Reloads reloads,
        Rules<TargetGroup> rules,
        List<TargetGroup> targetGroups,
        Supplier<List<TargetGroup>> leaving) {

    /** All groups, those that are leaving last. */
    Stream<TargetGroup> groups() {
        return Stream.concat(targetGroups.stream(), leaving.get().stream());
    }

    /** The targets of all groups, those of leaving groups last. */
    Stream<Target> targets() {
        return groups().flatMap(group -> group.allTargets().stream());
    }
}
