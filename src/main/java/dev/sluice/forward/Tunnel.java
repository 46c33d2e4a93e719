package dev.sluice.forward;

import dev.sluice.observe.TerminationCause;
import dev.sluice.observe.Transaction;
import dev.sluice.target.Lease.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
 * What becomes of an exchange whose target has agreed to another protocol: bytes in both directions, until both sides have ended, one has
 * failed, or nothing has passed for too long. It holds the target's lease and connection, and no thread.
 *
 * <p>Life: made on the reactor's thread when the target agrees; opened on one of the host's; closed once, by whoever turns {@code closed}
 * true, on any thread. Until it is open nothing is read of the target, and the time of a silent target runs: so it ends, too, where the
 * host never opens it.
 */
final class Tunnel implements IOEventHandler {

    private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);

    private final Runnable release;
    private final Supplier<TerminationCause> whoEnds;
    private final Transaction transaction;
    private final Runnable whenOver;
    private final ProtocolIOSession target;
    private final boolean isTls; // towards the target
    private final RelayToTarget toTarget;
    private final RelayToClient toClient;
    private final Timeout idleTimeout;
    private final Timeout silence;
    private final Consumer<Runnable> overdue;

    private volatile @Nullable TunnelClient client; // null until it is open
    private volatile boolean downIsOver; // all that the target has sent is with the client
    private volatile boolean upIsOver; // all that the client has sent is with the target, or that takes no more
    private volatile TerminationCause brokenBy = TerminationCause.NONE; // as far as the target's side tells
    private volatile Deadline farewellEnds = Deadline.MAX_VALUE; // without TLS there is none
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * @param transaction ends when the tunnel is closed
     * @param whenOver called then; more than once, perhaps
     * @param early what the target has sent already
     * @param idleTimeout for both directions together; disabled for none
     * @param silence how long one side may be silent where the other has nothing more to say
     * @param overdue runs a task once the host has had time enough to open the tunnel
     */
    Tunnel(
            Attempt attempt,
            Transaction transaction,
            Runnable whenOver,
            ProtocolIOSession target,
            ByteBuffer early,
            Timeout idleTimeout,
            Timeout silence,
            Consumer<Runnable> overdue) {
        this(
                () -> attempt.end(Outcome.ANSWERED),
                attempt::whoEnds,
                transaction,
                whenOver,
                target,
                early,
                idleTimeout,
                silence,
                overdue);
    }

    /**
     * @param release gives target and connection back, and resets what is left of that; called once or more
     * @param whoEnds whose doing it is when the target's connection ends
     */
    Tunnel(
            Runnable release,
            Supplier<TerminationCause> whoEnds,
            Transaction transaction,
            Runnable whenOver,
            ProtocolIOSession target,
            ByteBuffer early,
            Timeout idleTimeout,
            Timeout silence,
            Consumer<Runnable> overdue) {
        this.release = release;
        this.whoEnds = whoEnds;
        this.transaction = transaction;
        this.whenOver = whenOver;
        this.target = target;
        this.isTls = target.getTlsDetails() != null;
        this.toTarget = new RelayToTarget(this, target);
        this.toClient = new RelayToClient(this, target);
        this.idleTimeout = idleTimeout;
        this.silence = silence;
        this.overdue = overdue;
        toClient.add(early);
    }

    /**
     * Takes the connection over: nobody else hears of it from here on, nor of a failure, which closes the tunnel. Within the connection's
     * event that brought the target's answer.
     */
    void takeOver() {
        guarded(() -> {
            target.upgrade(this);
            look(EventMask.READ_WRITE);
        });
    }

    /** Begins to move bytes. On a thread of the host's. */
    void open(TunnelClient client) {
        target.setSocketTimeout(idleTimeout);
        this.client = client;
        toClient.move();
        toTarget.move();
    }

    /** Null until it is open. */
    @Nullable
    TunnelClient client() {
        return client;
    }

    /** How long nothing may pass; 0 for as long as one likes. */
    long idleMillis() {
        return idleTimeout.toMilliseconds();
    }

    // ---- the client's connection; on the host's threads ----

    void clientReadable() {
        toTarget.move();
    }

    void clientWritable() {
        toClient.move();
    }

    // ---- the target's connection; on its reactor thread ----

    @Override
    public void connected(IOSession session) {
        // long ago
    }

    /** TLS brings what it has decrypted, and nothing when nothing more comes. */
    @Override
    public void inputReady(IOSession session, @Nullable ByteBuffer source) {
        guarded(() -> {
            if (farewellEnds.isExpired()) { // whatever comes begins the time of HttpCore anew
                release.run();
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
            close(
                    downIsOver ? TerminationCause.CLIENT_TIMEOUT : TerminationCause.TARGET_TIMEOUT,
                    "nothing has passed through the tunnel for too long");
            release.run();
        });
    }

    @Override
    public void exception(IOSession session, Exception cause) {
        LOG.debug("A target's end of a tunnel broke", cause);
        guarded(() -> {
            brokenBy = whoEnds.get();
            targetIsGone();
        });
    }

    @Override
    public void disconnected(IOSession session) {
        guarded(() -> {
            TerminationCause by = whoEnds.get();
            if (by != TerminationCause.TARGET) {
                brokenBy = by; // a target may end it
            }
            targetIsGone();
        });
    }

    /** Lets nothing out: it would end a reactor. */
    private void guarded(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException | Error e) {
            LOG.error("A tunnel failed", e);
            fail(e);
        }
    }

    /** TLS ends so, too, where the target closed without a word: what it had decrypted until then is still for the client. */
    private void targetIsGone() {
        release.run();
        if (client == null) {
            awaitOpening(whoEnds.get());
        }
        upIsOver();
        toClient.end();
        toClient.move();
    }

    /** What the target has said is still for the client, but the tunnel may never be opened. When everything ends, nobody waits for that. */
    private void awaitOpening(TerminationCause endedBy) {
        Runnable giveUp = () -> {
            if (client == null) {
                end(endedBy, "the target closed the tunnel before it was open");
            }
        };
        if (endedBy == TerminationCause.TARGET) {
            overdue.accept(giveUp);
        } else {
            giveUp.run();
        }
    }

    // ---- its end; on any thread ----

    /** All that the target has sent is with the client, which is told so if its host can. */
    void targetEnded(TunnelClient client) throws IOException {
        downIsOver = true; // first: when it knows, or both sides have ended, the client may be gone at once
        boolean isTold = client.endOutput();
        if (upIsOver || !isTold) {
            finish();
        } else {
            target.setSocketTimeout(silence);
        }
    }

    /** All that the client has sent is with the target, if that has taken it. */
    void clientEnded() throws IOException {
        if (upIsOver) {
            return;
        }
        if (!isTls && target.channel() instanceof SocketChannel channel) {
            channel.shutdownOutput();
            upIsOver();
        } else {
            finish();
        }
    }

    /** The target does not hear the client any more. */
    void targetTakesNoMore(Exception cause) {
        LOG.debug("A target takes no more of a tunnel", cause);
        upIsOver();
    }

    private void upIsOver() {
        upIsOver = true;
        if (downIsOver) {
            finish();
        } else {
            target.setSocketTimeout(silence);
        }
    }

    /** The target's connection has failed. */
    void targetFailed(IOException cause) {
        fail(whoEnds.get(), cause);
    }

    /** The client's connection has failed, or something here. Lets nothing out. */
    void fail(Throwable cause) {
        fail(unlessBroken(kindOf(cause)), cause);
    }

    private void fail(TerminationCause by, Throwable cause) {
        LOG.debug("A tunnel broke", cause);
        try {
            close(by, "the tunnel broke");
        } catch (RuntimeException | Error e) {
            LOG.error("A tunnel could not be closed", e);
        }
    }

    /** What has broken before counts. */
    private TerminationCause unlessBroken(TerminationCause by) {
        return brokenBy == TerminationCause.NONE ? by : brokenBy;
    }

    private static TerminationCause kindOf(Throwable cause) {
        if (cause instanceof TimeoutException) {
            return TerminationCause.CLIENT_TIMEOUT;
        }
        return cause instanceof IOException ? TerminationCause.CLIENT : TerminationCause.INTERNAL;
    }

    /** The client's connection has ended. */
    void clientIsGone() {
        if (downIsOver) {
            finish();
        } else {
            close(unlessBroken(TerminationCause.CLIENT), "the client left");
        }
    }

    /** The host stops. */
    void hostStops() {
        close(TerminationCause.KILLED, "Sluice stops");
    }

    /** Both sides have said what they had to say, as far as they could. */
    private void finish() {
        close(brokenBy, "the tunnel broke");
    }

    boolean isClosed() {
        return closed.get();
    }

    /** Ends it towards both sides, if nobody has done so before. */
    private void close(TerminationCause by, String why) {
        if (closed.compareAndSet(false, true)) {
            end(by, why);
            if (isTls) {
                target.setSocketTimeout(silence); // its two ends take leave of each other
                farewellEnds = Deadline.calculate(silence);
            }
            target.close(CloseMode.GRACEFUL); // what was sent still arrives
            if (isTls) {
                look(EventMask.READ_WRITE); // where the target has ended without one, HttpCore does not look by itself
            } else {
                release.run();
            }
            toClient.move(); // which closes the client
        }
    }

    /** Waits for none of these events. TLS looks now whether it has something to send itself, or to wait for. */
    void look(int events) {
        target.clearEvent(events);
    }

    private void end(TerminationCause by, String why) {
        transaction.end(by, why, toTarget.moved(), toClient.moved());
        whenOver.run();
    }

    boolean isTls() {
        return isTls;
    }
}
