package dev.sluice.forward;

import dev.sluice.observe.AttemptFailure;
import dev.sluice.observe.ErrorLog;
import dev.sluice.observe.Transaction;
import dev.sluice.target.Lease;
import dev.sluice.target.Lease.Outcome;
import dev.sluice.target.Placement;
import dev.sluice.target.Retries;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one exchange, one after another: which target has the request now, and which gets it next if that
 * attempt fails. If no target has room, the request waits for one.
 *
 * <p>Threads: an attempt mostly reports on its connection's reactor thread, and a lease that was waited for is granted
 * on the timer's; the exchange may stop both at any time, from any thread. State is guarded by the exchange's monitor,
 * which is not held while an attempt begins or ends.
 */
final class Attempts {

    private final Exchange exchange;
    private final Forwarder forwarder;
    private final TargetGroup group;
    private final Placement placement;
    private final Transaction transaction; // guarded by the exchange's monitor
    private final boolean isIdempotent;

    private @Nullable Attempt current;
    private boolean waiting; // for a lease
    private long retry = Retries.NONE; // what was taken from the budget for an attempt that has not begun

    /** @param isIdempotent whether the request may reach more than one target (RFC 9110 section 9.2.2) */
    Attempts(
            Exchange exchange,
            Forwarder forwarder,
            TargetGroup group,
            Placement placement,
            Transaction transaction,
            boolean isIdempotent) {
        this.exchange = exchange;
        this.forwarder = forwarder;
        this.group = group;
        this.placement = placement;
        this.transaction = transaction;
        this.isIdempotent = isIdempotent;
    }

    /**
     * Begins with an attempt on the leased target. Lets no exception out.
     *
     * @param lease null if there is none: the request waits for one, or fails if the group has no target for it
     */
    void begin(@Nullable Lease lease) {
        exchange.guarded(() -> {
            if (lease == null) {
                beginWithout();
            } else {
                attempt(lease, false);
            }
        });
    }

    private void beginWithout() {
        String unavailability = placement.unavailability();
        if (unavailability == null) {
            await(new Failure(Failure.Kind.FULL, null), null);
        } else {
            exchange.fail(Failure.unavailable(unavailability), null);
        }
    }

    /**
     * Waits until a target has room, or fails the exchange if the request may not wait.
     *
     * @param otherwise the failure if it may not
     * @return whether it waits
     */
    private boolean await(Failure otherwise, @Nullable Target target) {
        synchronized (exchange) {
            if (!exchange.wantsResponse()) {
                return false;
            }
            waiting = true;
        }
        if (!placement.await(this::granted)) {
            if (stopWaiting()) {
                exchange.fail(otherwise, target);
            }
            return false;
        }
        synchronized (exchange) {
            if (waiting && !exchange.hasEnded()) { // else a lease was granted meanwhile, or the client has left
                transaction.queued();
            }
        }
        if (!exchange.wantsResponse()) {
            placement.leaveQueue(); // it ended, or failed, before the request had begun to wait
            return false;
        }
        return true;
    }

    /** A target has room, or none had it in time (null). Runs on the timer's thread. */
    private void granted(@Nullable Lease lease) {
        if (!stopWaiting()) {
            if (lease != null) {
                lease.release(Outcome.ABANDONED);
            }
            return;
        }
        exchange.guarded(() -> {
            if (lease == null) {
                exchange.fail(whyNoneWasGranted(), null);
            } else {
                attempt(lease, false);
            }
        });
    }

    private Failure whyNoneWasGranted() {
        if (exchange.isStopped()) {
            return new Failure(Failure.Kind.STOPPED, null);
        }
        if (!group.hasQueue()) {
            return new Failure(Failure.Kind.GROUP_LEFT, null);
        }
        return Failure.waited(placement.unavailability());
    }

    /** Returns true to the one caller that ends the wait. */
    private boolean stopWaiting() {
        synchronized (exchange) {
            boolean was = waiting;
            waiting = false;
            if (was && !exchange.hasEnded()) { // else the record was handed over already
                transaction.dequeued();
            }
            return was;
        }
    }

    /** Tries a target, and takes over its lease. */
    private void attempt(Lease lease, boolean onFreshConnection) {
        Attempt next;
        try {
            next = new Attempt(
                    exchange,
                    this,
                    lease,
                    forwarder.connections().pool(lease.target()),
                    forwarder.timeout(),
                    onFreshConnection);
        } catch (RuntimeException | Error e) { // no pool could be made
            lease.release(Outcome.ABANDONED);
            throw e;
        }
        boolean wanted;
        synchronized (exchange) {
            wanted = exchange.wantsResponse();
            if (wanted) {
                current = next;
                retry = Retries.NONE;
                transaction.attemptStarted(lease.target().name(), lease.target().address());
            }
        }
        if (!wanted) {
            next.end(Outcome.ABANDONED);
            giveBackRetry();
        } else {
            try {
                next.start();
            } catch (IllegalStateException e) { // the pool was closed
                next.cancel();
            }
        }
    }

    /**
     * The attempt has ended before its response, or within it. Its lease is still held. May be called from any thread.
     *
     * @param onlyItsConnection whether it has failed on a reused connection, which the target may have closed before
     */
    void failed(Attempt failing, Failure itsFailure, boolean onlyItsConnection) {
        Failure failure = exchange.isStopped() ? new Failure(Failure.Kind.STOPPED, itsFailure.cause()) : itsFailure;
        Lease lease = failing.lease();
        boolean isCurrent;
        boolean again;
        synchronized (exchange) {
            isCurrent = isCurrent(failing);
            again = isCurrent && prepareAgain(failure);
            if (isCurrent) {
                current = null;
            }
        }
        AttemptFailure why = again && onlyItsConnection ? AttemptFailure.CLOSED : failure.attemptFailure();
        if (why != null) {
            transaction.attemptFailed(lease.target().name(), why);
        }
        if (again && onlyItsConnection) {
            logRetry(failure.toString(), lease.target());
            lease.triedAgain();
            attempt(lease, true);
            return;
        }
        if (isCurrent && failure.isTargetsFault()) { // else its request has been ended, maybe from the outside
            lease.fail(failure.toString());
        } else {
            lease.release(Outcome.ABANDONED);
        }
        if (!isCurrent) {
            return;
        }
        placement.exclude(lease.target());
        boolean mayTryAnother = again && placement.excluded() < group.retries().attempts();
        if (mayTryAnother && isInBudget(failure)) {
            tryAnother(failure, lease.target());
        } else if (mayTryAnother && placement.hasRoom()) {
            exchange.fail(failure.beyondBudget(), lease.target());
        } else {
            exchange.fail(failure, lease.target());
        }
    }

    /** Makes the request ready for another attempt, if it may have one. Called with the monitor held. */
    private boolean prepareAgain(Failure failure) {
        return failure.mayBeRepeated(isIdempotent) && tryRewind();
    }

    /** Takes a retry from the budget, except after a refusal: that has burdened no target. */
    private boolean isInBudget(Failure failure) {
        return failure.isConnectionRefused() || takeRetry();
    }

    private void tryAnother(Failure failure, Target failed) {
        Lease next = placement.acquire();
        if (next != null) {
            logRetry(failure.toString(), failed);
            attempt(next, false);
        } else if (await(failure, failed)) {
            logRetry(failure + "; waiting for another target", failed);
        } else {
            giveBackRetry();
        }
    }

    /**
     * Returns true if this response is not for the client: the request goes to another target, or was ended meanwhile.
     * The attempt has ended then.
     *
     * @param status of the response that has just begun
     */
    boolean tryElsewhere(Attempt refused, int status) {
        Retries retries = group.retries();
        if (!retries.areFor(status) || !isIdempotent) {
            return false;
        }
        synchronized (exchange) {
            if (!isCurrent(refused) || !exchange.isRepeatable() || placement.excluded() + 1 >= retries.attempts()) {
                return false;
            }
            current = null; // so that no other thread decides what becomes of it
        }
        try {
            return moveOn(refused, status) || !resume(refused);
        } catch (RuntimeException | Error e) { // it is not the current attempt, so its own failure would tell nobody
            refused.end(Outcome.ABANDONED);
            exchange.failedUnexpectedly(e);
            return true;
        }
    }

    private boolean moveOn(Attempt refused, int status) {
        Target target = refused.lease().target();
        placement.exclude(target);
        Lease next = takeRetry() ? placement.acquire() : null;
        if (next == null || !tryRewind()) {
            if (next != null) {
                next.release(Outcome.ABANDONED);
            }
            giveBackRetry();
            return false;
        }
        if (refused.end(Outcome.ANSWERED)) { // else it counts as what has ended it
            transaction.attemptFailed(target.name(), AttemptFailure.STATUS);
        }
        logRetry("answered " + status, target);
        attempt(next, false);
        return true;
    }

    /**
     * Makes the request ready for another attempt. Returns false if another thread has meanwhile sent more of the body
     * than is kept of it.
     */
    private boolean tryRewind() {
        synchronized (exchange) {
            boolean may = exchange.isRepeatable();
            if (may) {
                exchange.rewind();
            }
            return may;
        }
    }

    /**
     * Makes the attempt the current one again, and its response the exchange's. Returns false if either has ended while
     * there was no current attempt.
     */
    private boolean resume(Attempt refused) {
        boolean wanted;
        boolean lost;
        synchronized (exchange) {
            wanted = exchange.wantsResponse();
            lost = refused.hasEnded(); // if it ends later, its own failure finds it current
            current = wanted && !lost ? refused : null;
        }
        if (!wanted) {
            refused.end(Outcome.ABANDONED);
        } else if (lost) {
            exchange.fail(
                    new Failure(Failure.Kind.DEREGISTERED, null),
                    refused.lease().target());
        }
        return wanted && !lost;
    }

    /** Returns false if the budget is exhausted. */
    private boolean takeRetry() {
        long taken = group.retries().take();
        synchronized (exchange) {
            retry = taken;
        }
        return taken != Retries.NONE;
    }

    /** Gives back what was taken from the budget for an attempt that does not take place. */
    private void giveBackRetry() {
        long taken;
        synchronized (exchange) {
            taken = retry;
            retry = Retries.NONE;
        }
        if (taken != Retries.NONE) {
            group.retries().giveBack(taken);
        }
    }

    private void logRetry(String reason, Target target) {
        ErrorLog.retried(transaction, exchange.describe(reason, target));
    }

    /** Whether what the attempt reports still matters. Called with the exchange's monitor held. */
    boolean isCurrent(Attempt attempt) {
        return current == attempt && !exchange.hasEnded();
    }

    /** Takes the current attempt, so that only the caller decides what becomes of it. Null if there is none. */
    @Nullable
    Attempt detachCurrent() {
        synchronized (exchange) {
            Attempt taken = current;
            current = null;
            return taken;
        }
    }

    /**
     * Ends the current attempt, or the wait for a lease. Called without the monitor, when the exchange ends or fails.
     */
    void abandon() {
        abandon(detachCurrent());
    }

    /** As {@link #abandon()}, when the current attempt, if there was one, is detached already. */
    void abandon(@Nullable Attempt detached) {
        stopWaiting();
        placement.leaveQueue(); // even if it has not waited: it may be about to
        giveBackRetry();
        if (detached != null) {
            detached.end(Outcome.ABANDONED);
        }
    }

    /** All of the request was sent to the target. Called with the exchange's monitor held. */
    void requestSent() {
        if (current != null) {
            current.lease().requestSent();
        }
    }

    /** As {@link Attempt#setWaitsForClient}, if there is an attempt. Called with the exchange's monitor held. */
    void setWaitsForClient(boolean waits) {
        if (current != null) {
            current.setWaitsForClient(waits);
        }
    }
}
