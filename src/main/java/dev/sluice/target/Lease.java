package dev.sluice.target;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One target held for one request: from the moment it is picked until the last byte of the answer, not until a method returns.
 * Released exactly once. Any thread may call it; the calls before the release come one after another.
 */
public final class Lease {

    /** How the target did while it was held. */
    public enum Outcome {
        /** It answered, whatever the status. */
        ANSWERED,
        /** It could not be reached, broke off, or stayed silent. */
        FAILED,
        /** The client left or was at fault: says nothing about the target but that it had not answered yet. */
        ABANDONED
    }

    private static final int SERVER_ERROR = 500;

    private final TargetGroup group;
    private final Target target;
    private final AtomicBoolean released = new AtomicBoolean();

    private volatile long since; // its acquisition, then the end of the request
    private volatile boolean sent;
    private volatile boolean answered;

    Lease(TargetGroup group, Target target) {
        this.group = group;
        this.target = target;
        this.since = group.nanoTime();
    }

    /** What is held. */
    public Target target() {
        return target;
    }

    /** The target has all of the request: from here on its response time counts. */
    public void requestSent() {
        since = group.nanoTime();
        sent = true;
    }

    /** The head of the answer has come. An answer that comes before all of the request was sent has no response time. */
    public void answered(int status) {
        if (status >= SERVER_ERROR) {
            target.responseTime().observeFailure(sent ? elapsed() : 0);
        } else if (sent) {
            target.responseTime().observe(elapsed());
        }
        answered = true;
    }

    /** Gives the target back. Only the first call counts. */
    public void release(Outcome outcome) {
        if (released.compareAndSet(false, true)) {
            if (outcome == Outcome.FAILED) {
                target.responseTime().observeFailure(answered ? 0 : elapsed());
            } else if (sent && !answered) {
                target.responseTime().observeAtLeast(elapsed());
            }
            group.release(target);
        }
    }

    private long elapsed() {
        return group.nanoTime() - since;
    }
}
