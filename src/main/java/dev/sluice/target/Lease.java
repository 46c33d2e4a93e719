package dev.sluice.target;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One target held for one request: from the moment it is picked until the last byte of the answer, not until a method returns.
 * Released exactly once. Any thread may call it; the calls before the release come one after another.
 */
public final class Lease {

    /** How the request ended, if the target was not at fault: else see {@link #fail}. */
    public enum Outcome {
        /** The target has answered completely, whatever the status. */
        ANSWERED,
        /** The client left or was at fault: says nothing about the target but that it had not answered yet. */
        ABANDONED
    }

    static final int SERVER_ERROR = 500;

    private final TargetGroup group;
    private final Target target;
    private final AtomicBoolean released = new AtomicBoolean();

    private final long begun;
    private volatile long since; // its beginning, then the end of the request
    private volatile boolean sent;
    private volatile int status; // of the answer; 0 before it
    private volatile boolean revoked;
    private volatile @Nullable Runnable whenRevoked;

    Lease(TargetGroup group, Target target) {
        this.group = group;
        this.target = target;
        this.begun = group.nanoTime();
        this.since = begun;
        target.add(this);
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
        this.status = status;
    }

    /** What is to end the request if the target cannot be held any longer. May run at once, and more than once, on any thread. */
    public void whenRevoked(Runnable end) {
        whenRevoked = end;
        if (revoked) {
            end.run();
        }
    }

    /** The target has left its group, and the time to finish is over. */
    void revoke() {
        revoked = true;
        Runnable end = whenRevoked;
        if (end != null) {
            end.run();
        }
    }

    /** Gives the target back. Only the first call counts, be it this or {@link #fail}. */
    public void release(Outcome outcome) {
        if (released.compareAndSet(false, true)) {
            if (outcome == Outcome.ANSWERED) {
                if (status >= SERVER_ERROR) {
                    target.failed();
                }
                group.answered(target, status, begun);
            } else if (sent && status == 0) {
                target.responseTime().observeAtLeast(elapsed());
            }
            group.release(target, this);
        }
    }

    /**
     * Gives the target back, which could not be reached, broke off, or stayed silent. Only the first call counts.
     *
     * @param reason for the log
     */
    public void fail(String reason) {
        if (released.compareAndSet(false, true)) {
            target.responseTime().observeFailure(status == 0 ? elapsed() : 0);
            target.failed();
            target.health().requestFailed(reason, begun);
            group.release(target, this);
        }
    }

    private long elapsed() {
        return group.nanoTime() - since;
    }
}
