package dev.sluice.health;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many targets of one group are ejected: never more than half of them, for where most of them fail it is hardly their own fault, and
 * the others could not bear the load. Safe for use by many threads.
 */
public final class Ejections {

    private final AtomicInteger taken = new AtomicInteger();
    private volatile int targets;

    /** How many targets the group has from now on. Those that are ejected stay so. */
    public void setTargets(int targets) {
        this.targets = targets;
    }

    /** Whether one more may be ejected, which is to be given back. */
    boolean take() {
        int most = targets / 2;
        return taken.getAndUpdate(now -> now < most ? now + 1 : now) < most;
    }

    void giveBack() {
        taken.decrementAndGet();
    }
}
