package dev.sluice.target;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One target held for one request: from the moment it is picked until the last byte of the answer, not until a method returns.
 * Released exactly once; any thread may do so.
 */
public final class Lease {

    /** How the target did while it was held. */
    public enum Outcome {
        /** It answered, whatever the status. */
        ANSWERED,
        /** It could not be reached, broke off, or stayed silent. */
        FAILED,
        /** The client left or was at fault: says nothing about the target. */
        ABANDONED
    }

    private final Target target;
    private final AtomicBoolean released = new AtomicBoolean();

    Lease(Target target) {
        this.target = target;
    }

    /** What is held. */
    public Target target() {
        return target;
    }

    /** Another lease on the same target, for another attempt of the same request. */
    public Lease again() {
        return target.acquire();
    }

    /** Gives the target back. Only the first call counts. */
    public void release(Outcome outcome) {
        if (released.compareAndSet(false, true)) {
            target.release();
        }
    }
}
