package dev.sluice.health;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The ejected targets of one group: never more than half of its members. If most fail, it is hardly their own fault,
 * and the others could not bear the load. Safe for use by many threads.
 */
public final class Ejections {

    private Set<Health> members = Set.of();
    private final Set<Health> ejected = new LinkedHashSet<>(); // longest ejected first

    /**
     * Sets the members of the group.
     *
     * @return the targets to let back in because more than half would be ejected otherwise
     */
    public synchronized List<Health> setMembers(Collection<Health> healths) {
        members = new HashSet<>(healths);
        return ejected.stream()
                .filter(members::contains)
                .limit(Math.max(0, count() - most()))
                .toList();
    }

    /** Targets that left the group while ejected count only if they come back. */
    private int count() {
        return (int) ejected.stream().filter(members::contains).count();
    }

    private int most() {
        return members.size() / 2;
    }

    /** Whether this target may be ejected. If so, it counts as ejected until it is given back. */
    synchronized boolean take(Health health) {
        return members.contains(health) && count() < most() && ejected.add(health);
    }

    synchronized void giveBack(Health health) {
        ejected.remove(health);
    }
}
