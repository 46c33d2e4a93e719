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
 * The attempts of an exchange, one after another: which target has the request now, and which is the next if that fails. Where none has
 * room the request waits for one.
 *
 * <p>Threads: what an attempt tells comes on its connection's reactor thread, a lease that was waited for on the timer's; the exchange may stop
 * both at any time, from any. What is kept here is guarded by the exchange's monitor, which is not held while an attempt begins or ends.
 */
final class Attempts {

    private final Exchange exchange;
    private final Forwarder forwarder;
    private final TargetGroup group;
    private final Placement placement;
    private final Transaction transaction; // guarded by the monitor
    private final boolean isIdempotent;

    private @Nullable Attempt current;
    private boolean waiting; // for a lease

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
     * Begins, on the leased target. Lets nothing out.
     *
     * @param lease null if there is none yet
     */
    void begin(@Nullable Lease lease) {
        try {
            if (lease == null) {
                await(new Failure(Failure.Kind.FULL, null), null);
            } else {
                attempt(lease, false);
            }
        } catch (RuntimeException | Error e) {
            exchange.failedUnexpectedly(e);
        }
    }

    /**
     * Waits until a target has room, or fails like this if that is not possible.
     *
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
            if (stopsWaiting()) {
                exchange.fail(otherwise, target);
            }
            return false;
        }
        synchronized (exchange) {
            if (waiting && !exchange.hasEnded()) { // else it was granted meanwhile, or the client has left
                transaction.queues();
            }
        }
        if (exchange.hasEnded()) {
            placement.leave(); // the client left before the request had begun to wait
        }
        return true;
    }

    /** A target has room, or did not have it in time. On the timer's thread. */
    private void granted(@Nullable Lease lease) {
        if (!stopsWaiting()) {
            if (lease != null) {
                lease.release(Outcome.ABANDONED);
            }
            return;
        }
        try {
            if (lease == null) {
                exchange.fail(new Failure(Failure.Kind.WAITED, null), null);
            } else {
                attempt(lease, false);
            }
        } catch (RuntimeException | Error e) {
            exchange.failedUnexpectedly(e);
        }
    }

    /** True for the one who ends the waiting. */
    private boolean stopsWaiting() {
        synchronized (exchange) {
            boolean was = waiting;
            waiting = false;
            if (was && !exchange.hasEnded()) { // else its record has been handed over
                transaction.leavesQueue();
            }
            return was;
        }
    }

    /** Waits no longer, if it does. To be called before the exchange has ended, without the monitor. */
    void leave() {
        if (stopsWaiting()) {
            placement.leave();
        }
    }

    /** Tries a target. The lease is the attempt's to release. */
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
                transaction.attempts(lease.target().name(), lease.target().address());
            }
        }
        if (!wanted) {
            next.end(Outcome.ABANDONED);
        } else {
            try {
                next.start();
            } catch (IllegalStateException e) { // the pool was closed
                next.cancel();
            }
        }
    }

    /**
     * It has ended without an answer, or within it. Its lease is still held. Any thread.
     *
     * @param onlyItsConnection whether it was tried on a connection that the target may have closed before
     */
    void failed(Attempt failing, Failure itsFailure, boolean onlyItsConnection) {
        Failure failure = exchange.isStopped() ? new Failure(Failure.Kind.STOPPED, itsFailure.cause()) : itsFailure;
        Lease lease = failing.lease();
        boolean its;
        boolean again;
        synchronized (exchange) {
            its = !exchange.hasEnded() && current == failing;
            again = its && mayTryAgain(failure);
            current = its ? null : current;
        }
        AttemptFailure why = again && onlyItsConnection ? AttemptFailure.CLOSED : failure.ofTarget();
        if (why != null) {
            transaction.attemptFailed(lease.target().name(), why);
        }
        if (again && onlyItsConnection) {
            retries(failure.toString(), lease.target());
            attempt(lease, true);
            return;
        }
        if (failure.isTargets()) {
            lease.fail(failure.toString());
        } else {
            lease.release(Outcome.ABANDONED);
        }
        if (!its) {
            return;
        }
        placement.exclude(lease.target());
        boolean isCounted = !failure.isRefusal(); // nobody was there to be burdened
        Retries budget = group.retries();
        if (again && placement.excluded() < budget.attempts() && (!isCounted || budget.take())) {
            Lease next = placement.acquire();
            if (next == null) {
                if (!await(failure, lease.target()) && isCounted) {
                    budget.giveBack();
                }
            } else {
                retries(failure.toString(), lease.target());
                attempt(next, false);
            }
        } else {
            exchange.fail(failure, lease.target());
        }
    }

    /**
     * Whether the request goes to another target, and this answer nowhere. Then the attempt has ended.
     *
     * @param status of the answer that has just begun
     */
    boolean goesElsewhere(Attempt refused, int status) {
        Retries retries = group.retries();
        if (!retries.areFor(status) || !isIdempotent) {
            return false;
        }
        synchronized (exchange) {
            if (exchange.hasEnded()
                    || current != refused
                    || !exchange.isRepeatable()
                    || placement.excluded() + 1 >= retries.attempts()) {
                return false;
            }
            current = null; // so that nobody else decides what becomes of it
        }
        try {
            return leaves(refused, status) || !isTakenBack(refused);
        } catch (RuntimeException | Error e) { // the attempt whose callback this is tells nobody any more
            refused.end(Outcome.ABANDONED);
            exchange.failedUnexpectedly(e);
            return true;
        }
    }

    private boolean leaves(Attempt refused, int status) {
        Retries retries = group.retries();
        Target target = refused.lease().target();
        placement.exclude(target);
        if (!retries.take()) {
            return false;
        }
        Lease next = placement.acquire();
        if (next == null) {
            retries.giveBack();
            return false;
        }
        if (refused.end(Outcome.ANSWERED)) { // else it is counted as what has ended it
            transaction.attemptFailed(target.name(), AttemptFailure.STATUS);
        }
        retries("answered " + status, target);
        synchronized (exchange) {
            exchange.rewind();
        }
        attempt(next, false);
        return true;
    }

    /** Whether it is the attempt again, and its answer that of the exchange. While it was nobody's both may have ended. */
    private boolean isTakenBack(Attempt refused) {
        boolean wanted;
        synchronized (exchange) {
            wanted = exchange.wantsResponse();
            if (wanted) {
                current = refused;
            }
        }
        if (!wanted) {
            refused.end(Outcome.ABANDONED);
            return false;
        }
        if (!refused.hasEnded()) {
            return true;
        }
        boolean its;
        synchronized (exchange) {
            its = current == refused;
            current = its ? null : current;
        }
        if (its) {
            exchange.fail(
                    new Failure(Failure.Kind.DEREGISTERED, null),
                    refused.lease().target());
        }
        return false;
    }

    private void retries(String reason, Target target) {
        ErrorLog.retried(transaction, exchange.describe(reason, target));
    }

    /** If so, the request is ready for another attempt. */
    private boolean mayTryAgain(Failure failure) {
        boolean may =
                exchange.isRepeatable() && (failure.nothingWasSent() || (failure.mayBeRepeated() && isIdempotent));
        if (may) {
            exchange.rewind();
        }
        return may;
    }

    /** Whether it is the one that is under way. With the monitor held. */
    boolean isCurrent(Attempt attempt) {
        return current == attempt;
    }

    /** So that nobody decides any more what becomes of it, but who calls this. Null if none is under way. */
    @Nullable
    Attempt take() {
        synchronized (exchange) {
            Attempt taken = current;
            current = null;
            return taken;
        }
    }

    /** Ends the one that is under way, if there is one. Without the monitor. */
    void abandon() {
        Attempt taken = take();
        if (taken != null) {
            taken.end(Outcome.ABANDONED);
        }
    }

    /** The target has all of the request. With the monitor held. */
    void requestIsSent() {
        if (current != null) {
            current.lease().requestSent();
        }
    }

    /** Whether the target may be silent: it is the client who is waited for. With the monitor held. */
    void setPatient(boolean patient) {
        if (current != null) {
            current.setPatient(patient);
        }
    }
}
