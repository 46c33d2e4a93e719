package dev.sluice.health;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which targets of one group are ejected: never more than half of them, for where most of them fail it is hardly their own fault, and the
 * others could not bear the load. Safe for use by many threads.
 */
public final class Ejections {

    private Set<Health> members = Set.of();
    private final Set<Health> ejected = new LinkedHashSet<>(); // the longest first

    /**
     * The group has these targets from now on.
     *
     * @return those that are to be let back in, for more than half would be ejected else
     */
    public synchronized List<Health> setMembers(Collection<Health> healths) {
        members = new HashSet<>(healths);
        return ejected.stream()
                .filter(members::contains)
                .limit(Math.max(0, count() - most()))
                .toList();
    }

    /** Those that have left and are ejected still do not count, unless they come back. */
    private int count() {
        return (int) ejected.stream().filter(members::contains).count();
    }

    private int most() {
        return members.size() / 2;
    }

    /** Whether this one may be ejected. If so, it is counted until it is given back. */
    synchronized boolean take(Health health) {
        return members.contains(health) && count() < most() && ejected.add(health);
    }

    synchronized void giveBack(Health health) {
        ejected.remove(health);
    }
}
