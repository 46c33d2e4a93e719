package dev.sluice.target;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One target held for one request: from the pick to the last byte of the response. Released exactly once. May be called
 * from any thread, also while another call runs: each field is written by one of them only.
 */
public final class Lease {

    /** How the request ended, unless the target failed it (see {@link #fail}). */
    public enum Outcome {
        /** The target sent a complete response, whatever its status. */
        ANSWERED,
        /**
         * Ended early through no fault of the target. If the request was sent, the target would have taken at least as
         * long as it was waited for.
         */
        ABANDONED
    }

    static final int SERVER_ERROR = 500;

    private final TargetGroup group;
    private final Target target;
    private final AtomicBoolean released = new AtomicBoolean();

    private final long begun;
    private volatile long since; // when the lease began; then when the request was sent
    private volatile boolean sent;
    private volatile int status; // of the response; 0 before its head
    private volatile boolean revoked;
    private volatile @Nullable Runnable whenRevoked;

    Lease(TargetGroup group, Target target) {
        this.group = group;
        this.target = target;
        this.begun = group.nanoTime();
        this.since = begun;
        target.add(this, begun);
    }

    /** The leased target. */
    public Target target() {
        return target;
    }

    /** Another attempt on the same target begins. */
    public void triedAgain() {
        target.countAttempt();
    }

    /** The target has been sent the whole request. Its response time counts from here. */
    public void requestSent() {
        since = group.nanoTime();
        sent = true;
    }

    /** The head of the response has arrived. If it precedes the end of the request, its time counts from the beginning. */
    public void responseBegun(int status) {
        if (status >= SERVER_ERROR) {
            target.responseTime().observeFailure(sent ? elapsed() : 0);
        } else {
            target.responseTime().observe(elapsed());
        }
        this.status = status;
    }

    /** Sets what ends the request when the lease is revoked. It may run at once, more than once, and on any thread. */
    public void whenRevoked(Runnable end) {
        whenRevoked = end;
        if (revoked) {
            end.run();
        }
    }

    /** The target has left its group and its deregistration delay is over. */
    void revoke() {
        revoked = true;
        Runnable end = whenRevoked;
        if (end != null) {
            end.run();
        }
    }

    /** Releases the target. Only the first call of this method or {@link #fail} counts. */
    public void release(Outcome outcome) {
        if (released.compareAndSet(false, true)) {
            try {
                if (outcome == Outcome.ANSWERED) {
                    if (status >= SERVER_ERROR) {
                        target.failed();
                    }
                    group.answered(target, status, begun);
                } else if (sent && status == 0) {
                    target.responseTime().observeAtLeast(elapsed());
                }
            } finally {
                group.release(target, this); // whatever fails, such as the log: else the target would never be idle
            }
        }
    }

    /**
     * Releases a target that could not be reached, broke off, or stayed silent. Only the first call of this method or
     * {@link #release} counts.
     *
     * @param reason for the log
     */
    public void fail(String reason) {
        if (released.compareAndSet(false, true)) {
            try {
                target.responseTime().observeFailure(status == 0 ? elapsed() : 0);
                target.failed();
                target.health().requestFailed(reason, begun);
            } finally {
                group.release(target, this);
            }
        }
    }

    private long elapsed() {
        return group.nanoTime() - since;
    }
}
