package dev.sluice.target;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the look-ups of the names of a group's targets, and those that failed. Literal addresses are not counted. Safe
 * for use by many threads.
 */
public final class LookUps {

    private final LongAdder all = new LongAdder();
    private final LongAdder failures = new LongAdder();

    void add(boolean successful) {
        all.increment();
        if (!successful) {
            failures.increment();
        }
    }

    /** Including failures. */
    public long all() {
        return all.sum();
    }

    /** Look-ups that failed entirely or in part. */
    public long failures() {
        return failures.sum();
    }
}
