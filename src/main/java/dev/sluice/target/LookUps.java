package dev.sluice.target;

import java.util.concurrent.atomic.LongAdder;

/** How often the names of a group's targets were looked up, addresses left out, and how often that failed. Safe for use by many threads. */
public final class LookUps {

    private final LongAdder all = new LongAdder();
    private final LongAdder failures = new LongAdder();

    /** One more. */
    void add(boolean successful) {
        all.increment();
        if (!successful) {
            failures.increment();
        }
    }

    /** Those that failed included. */
    public long all() {
        return all.sum();
    }

    /** Those that could not learn everything that they were to learn. */
    public long failures() {
        return failures.sum();
    }
}
