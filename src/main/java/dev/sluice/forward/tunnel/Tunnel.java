package dev.sluice.forward.tunnel;

import dev.sluice.observe.TerminationCause;
import dev.sluice.observe.Transaction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.EventMask;
import org.apache.hc.core5.reactor.IOEventHandler;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.util.Deadline;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an exchange becomes when its target has agreed to another protocol: bytes pass in both directions until both
 * sides have ended, one has failed, or nothing has passed for too long. It holds the target's lease and connection, but
 * no thread.
 *
 * <p>Life cycle: created on the reactor thread when the target agrees; opened on one of the host's threads; closed
 * once, on any thread, by whoever sets {@code closed}. Until it is open, nothing is read from the target, and the
 * target's time-out runs: so a tunnel that the host never opens ends too.
 *
 * <p>Threads: the client's side calls on the host's threads, the target's connection on its reactor thread, and whoever
 * learns of an end on any.
 */
public final class Tunnel implements IOEventHandler {

    /** Whoever holds the target's lease and connection for the tunnel. May be called from any thread. */
    public interface Owner {

        /** Gives the target and the connection back, and resets that if it is still open. Called at least once. */
        void release();

        /** Tells who is responsible when the target's connection ends. */
        TerminationCause whoEnds();

        /** Runs a task once the host has had enough time to open the tunnel. */
        void afterOpeningTimeout(Runnable task);

        /** The tunnel is closed, or will not be opened. Called at least once. */
        void ended();
    }

    private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);

    private static final String IDLE = "nothing has passed through the tunnel for too long";

    private final Owner owner;
    private final Transaction transaction;
    private final ProtocolIOSession target;
    private final boolean isTls; // on the target's side
    private final RelayToTarget toTarget;
    private final RelayToClient toClient;
    private final Timeout idleTimeout;
    private final Timeout halfClosedTimeout;

    private volatile @Nullable TunnelClient client; // null until the tunnel is open
    private volatile boolean toClientEnded; // the client has all that the target has sent
    private volatile boolean toTargetEnded; // the target has all that the client has sent, or takes no more
    private volatile TerminationCause brokenBy = TerminationCause.NONE; // as seen from the target's side
    private volatile Deadline farewellEnds = Deadline.MAX_VALUE; // for TLS to close; never expires without TLS
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Makes a tunnel, which is neither taken over nor open yet.
     *
     * @param transaction is ended when the tunnel is closed, or will not be opened
     * @param early what the target has already sent
     * @param idleTimeout for both directions together; disabled for none
     * @param halfClosedTimeout how long one side may be silent once the other has nothing more to send
     */
    public Tunnel(
            Owner owner,
            Transaction transaction,
            ProtocolIOSession target,
            ByteBuffer early,
            Timeout idleTimeout,
            Timeout halfClosedTimeout) {
        this.owner = owner;
        this.transaction = transaction;
        this.target = target;
        this.isTls = target.getTlsDetails() != null;
        this.toTarget = new RelayToTarget(this, target);
        this.toClient = new RelayToClient(this, target);
        this.idleTimeout = idleTimeout;
        this.halfClosedTimeout = halfClosedTimeout;
        toClient.add(early);
    }

    /**
     * Takes the connection over: from here on nobody else learns of its events, nor of a failure, which closes the
     * tunnel. Called within the connection's event that brought the target's response.
     */
    public void takeOver() {
        guarded(() -> {
            target.upgrade(this);
            letTlsLook();
        });
    }

    /** Begins to move bytes. Called on one of the host's threads. */
    void open(TunnelClient client) {
        target.setSocketTimeout(idleTimeout);
        this.client = client;
        toClient.move();
        toTarget.move();
    }

    /** Null until the tunnel is open. */
    @Nullable
    TunnelClient client() {
        return client;
    }

    /** How long nothing may pass, in milliseconds; 0 for no limit. */
    long idleMillis() {
        return idleTimeout.toMilliseconds();
    }

    /** There may be something to read from the client. */
    void clientReadable() {
        toTarget.move();
    }

    /** There may be room at the client. */
    void clientWritable() {
        toClient.move();
    }

    @Override
    public void connected(IOSession session) {
        // it was connected long ago
    }

    /**
     * @param source what TLS has decrypted; null when nothing more comes. Always null in clear text, which the relay
     *     reads
     */
    @Override
    public void inputReady(IOSession session, @Nullable ByteBuffer source) {
        guarded(() -> {
            if (farewellEnds.isExpired()) { // HttpCore's own time-out restarts with whatever comes
                owner.release();
            } else if (source != null) {
                toClient.add(source);
            } else if (isTls) {
                toClient.end();
            }
        });
        toClient.move();
    }

    @Override
    public void outputReady(IOSession session) {
        toTarget.move();
    }

    @Override
    public void timeout(IOSession session, Timeout timeout) {
        LOG.debug("Nothing has passed through a tunnel for {}", timeout);
        guarded(() -> {
            close(toClientEnded ? TerminationCause.CLIENT_TIMEOUT : TerminationCause.TARGET_TIMEOUT, IDLE);
            owner.release();
        });
    }

    @Override
    public void exception(IOSession session, Exception cause) {
        LOG.debug("A target's end of a tunnel broke", cause);
        guarded(() -> {
            brokenBy = owner.whoEnds();
            targetIsGone();
        });
    }

    @Override
    public void disconnected(IOSession session) {
        guarded(() -> {
            TerminationCause by = owner.whoEnds();
            if (by != TerminationCause.TARGET) {
                brokenBy = by; // a target may end the tunnel
            }
            targetIsGone();
        });
    }

    /** Runs an event. Throws nothing: that would end a reactor. */
    private void guarded(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException | Error e) {
            LOG.error("A tunnel failed", e);
            fail(e);
        }
    }

    /**
     * Called when the target's connection has ended. TLS ends like this too if the target closed without a word: what
     * was decrypted until then still goes to the client.
     */
    private void targetIsGone() {
        owner.release();
        if (client == null) {
            awaitOpening(owner.whoEnds());
        }
        endTowardsTarget();
        toClient.end();
        toClient.move();
    }

    /**
     * Ends the record if the tunnel is not opened in time: the client is still to get what the target has sent, but the
     * host may never open the tunnel. If it was not the target that ended the connection, ends it at once.
     */
    private void awaitOpening(TerminationCause endedBy) {
        Runnable giveUp = () -> {
            if (client == null) {
                end(endedBy, why(endedBy) + ", before the tunnel was open");
            }
        };
        if (endedBy == TerminationCause.TARGET) {
            owner.afterOpeningTimeout(giveUp);
        } else {
            giveUp.run();
        }
    }

    /** Called when the client has all that the target has sent. The client is told so, if its host can. */
    void targetEnded(TunnelClient client) throws IOException {
        toClientEnded = true; // first: once the client knows, or both sides have ended, it may be gone at once
        boolean isTold = client.endOutput();
        if (toTargetEnded || !isTold) {
            finish();
        } else {
            target.setSocketTimeout(halfClosedTimeout);
        }
    }

    /** Called when the target has all that the client has sent, as far as it has taken it. */
    void clientEnded() throws IOException {
        if (toTargetEnded) {
            return;
        }
        if (!isTls && target.channel() instanceof SocketChannel channel) {
            channel.shutdownOutput();
            endTowardsTarget();
        } else {
            finish();
        }
    }

    /** Called when the target takes nothing more from the client. */
    void targetTakesNoMore(Exception cause) {
        LOG.debug("A target takes no more of a tunnel", cause);
        endTowardsTarget();
    }

    private void endTowardsTarget() {
        toTargetEnded = true;
        if (toClientEnded) {
            finish();
        } else {
            target.setSocketTimeout(halfClosedTimeout);
        }
    }

    /** Called when the target's connection has failed. */
    void targetFailed(IOException cause) {
        fail(owner.whoEnds(), cause);
    }

    /** Called when the client's connection has failed, or something here. Throws nothing. */
    void fail(Throwable cause) {
        fail(unlessBroken(kindOf(cause)), cause);
    }

    private void fail(TerminationCause by, Throwable cause) {
        LOG.debug("A tunnel broke", cause);
        try {
            close(by, cause instanceof TimeoutException ? IDLE : why(by));
        } catch (RuntimeException | Error e) {
            LOG.error("A tunnel could not be closed", e);
        }
    }

    /** An earlier failure takes precedence. */
    private TerminationCause unlessBroken(TerminationCause by) {
        return brokenBy == TerminationCause.NONE ? by : brokenBy;
    }

    private static TerminationCause kindOf(Throwable cause) {
        if (cause instanceof TimeoutException) {
            return TerminationCause.CLIENT_TIMEOUT;
        }
        return cause instanceof IOException ? TerminationCause.CLIENT : TerminationCause.INTERNAL;
    }

    /** Called when the client's connection has ended. */
    void clientIsGone() {
        if (toClientEnded) {
            finish();
        } else {
            close(unlessBroken(TerminationCause.CLIENT), "the client left");
        }
    }

    /** Called when the host stops. */
    void hostStops() {
        close(TerminationCause.KILLED, why(TerminationCause.KILLED));
    }

    private static String why(TerminationCause by) {
        return switch (by) {
            case CLIENT -> "the client closed or reset the connection";
            case TARGET -> "the target closed or reset the connection";
            case DEREGISTERED -> "the target left its group, and its time to finish has run out";
            case KILLED -> "Sluice is shutting down";
            default -> "the tunnel broke";
        };
    }

    /** Called when both sides have sent everything, as far as they could. */
    private void finish() {
        close(brokenBy, why(brokenBy));
    }

    boolean isClosed() {
        return closed.get();
    }

    /** Closes the tunnel on both sides. Idempotent. */
    private void close(TerminationCause by, String why) {
        if (closed.compareAndSet(false, true)) {
            end(by, why);
            if (isTls) {
                target.setSocketTimeout(halfClosedTimeout); // for the two ends of TLS to close it
                farewellEnds = Deadline.calculate(halfClosedTimeout);
            }
            target.close(CloseMode.GRACEFUL); // what was sent still arrives
            if (isTls) {
                // if the target ended without closing TLS, HttpCore does not look by itself
                letTlsLook();
            } else {
                owner.release();
            }
            toClient.move(); // which closes the client
        }
    }

    /** Waits for no event. TLS now looks whether it has something of its own to send or to wait for. */
    private void letTlsLook() {
        target.clearEvent(EventMask.READ_WRITE);
    }

    private void end(TerminationCause by, String why) {
        transaction.end(by, why, toTarget.moved(), toClient.moved());
        owner.ended();
    }

    boolean isTls() {
        return isTls;
    }
}
