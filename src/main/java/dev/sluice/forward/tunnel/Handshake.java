package dev.sluice.forward.tunnel;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The pending decision whether a request that asks for another protocol becomes a tunnel or is answered like any other:
 * the target decides. Tomcat can make a tunnel only within the servlet's call, so the servlet's thread waits here.
 *
 * <p>Any thread may decide; the first decision counts.
 */
public final class Handshake {

    private enum Decision {
        PENDING,
        /** No more refused, but not accepted before the tunnel is complete. */
        BEING_ACCEPTED,
        ACCEPTED,
        REFUSED
    }

    private final Thread caller = Thread.currentThread();
    private final Runnable preparation;

    private Decision decision = Decision.PENDING;
    private boolean prepared;
    private @Nullable Throwable failure; // of the preparation

    /**
     * Called on the servlet's thread.
     *
     * @param preparation makes the request ready to be answered like any other; runs at most once
     */
    public Handshake(Runnable preparation) {
        this.preparation = preparation;
    }

    /**
     * The target agrees to another protocol. {@link #accept} must follow.
     *
     * @return false if the request was refused before
     */
    public synchronized boolean beginToAccept() {
        if (decision == Decision.PENDING) {
            decision = Decision.BEING_ACCEPTED;
        }
        return decision == Decision.BEING_ACCEPTED;
    }

    /** The request has become a tunnel. */
    public synchronized void accept() {
        decision = Decision.ACCEPTED;
        notifyAll();
    }

    /** No target is to agree any more, unless one has. {@link #refuse} must follow. */
    public synchronized void beginToRefuse() {
        if (decision == Decision.PENDING) {
            decision = Decision.REFUSED;
            notifyAll();
        }
    }

    /**
     * The request is answered like any other. Returns when the servlet's thread has prepared it for that, which takes
     * moments.
     */
    public void refuse() {
        boolean isCaller = Thread.currentThread() == caller;
        synchronized (this) {
            if (decision != Decision.PENDING && isCaller) {
                return;
            }
            beginToRefuse();
            await(() -> isCaller || prepared || decision == Decision.ACCEPTED);
        }
        if (isCaller) {
            prepare();
        }
    }

    /**
     * Waits for the decision. Returns whether the target has agreed; if not, the request has been prepared for its
     * response. Called on the servlet's thread.
     *
     * @throws IllegalStateException if the preparation has failed before: then nobody answers the request
     */
    public boolean awaitDecision() {
        synchronized (this) {
            await(() -> decision == Decision.ACCEPTED || decision == Decision.REFUSED);
            if (failure != null) {
                throw new IllegalStateException("The request cannot be answered", failure);
            }
            if (decision == Decision.ACCEPTED || prepared) {
                return decision == Decision.ACCEPTED;
            }
        }
        prepare();
        return false;
    }

    private void prepare() {
        try {
            preparation.run();
        } catch (RuntimeException | Error e) {
            synchronized (this) {
                failure = e;
            }
            throw e;
        } finally {
            synchronized (this) {
                prepared = true;
                notifyAll();
            }
        }
    }

    /** Waits without a time-out of its own: an exchange waits for nothing without one, and decides when it ends. */
    private void await(BooleanSupplier condition) {
        boolean interrupted = false;
        while (!condition.getAsBoolean()) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
