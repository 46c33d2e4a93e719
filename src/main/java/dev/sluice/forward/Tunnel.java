package dev.sluice.forward;

import dev.sluice.target.Lease.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.EventMask;
import org.apache.hc.core5.reactor.IOEventHandler;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.reactor.ProtocolIOSession;
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

    private final Attempt attempt;
    private final ProtocolIOSession target;
    private final List<ByteBuffer> early = new ArrayList<>(); // guarded by the monitor, as is who takes it over
    private final Timeout idleTimeout;
    private final Timeout silence;

    private volatile @Nullable RelayToTarget toTarget;
    private volatile @Nullable RelayToClient toClient;
    private volatile boolean targetEnded; // and all of it is with the client
    private volatile boolean clientEnded; // and all of it is with the target
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Takes the connection over: nobody else hears of it from here on. Within its event that brought the target's answer.
     *
     * @param early what the target has sent already
     * @param idleTimeout for both directions together; disabled for none
     * @param silence how long one side may be silent where the other has nothing more to say
     */
    Tunnel(Attempt attempt, ProtocolIOSession target, ByteBuffer early, Timeout idleTimeout, Timeout silence) {
        this.attempt = attempt;
        this.target = target;
        this.early.add(early);
        this.idleTimeout = idleTimeout;
        this.silence = silence;
        target.upgrade(this);
        target.clearEvent(EventMask.READ_WRITE);
    }

    /** Begins to move bytes. On a thread of the host's. */
    void open(TunnelClient client) {
        RelayToClient down = new RelayToClient(this, client, target);
        toTarget = new RelayToTarget(this, client, target);
        synchronized (this) {
            early.forEach(down::add);
            toClient = down;
        }
        target.setSocketTimeout(idleTimeout);
        target.setEvent(EventMask.READ);
        clientWritable();
        clientReadable();
    }

    // ---- the client's connection; on the host's threads ----

    void clientReadable() {
        RelayToTarget up = toTarget;
        if (up != null) {
            up.move();
        }
    }

    void clientWritable() {
        RelayToClient down = toClient;
        if (down != null) {
            down.move();
        }
    }

    // ---- the target's connection; on its reactor thread ----

    @Override
    public void connected(IOSession session) {
        // long ago
    }

    @Override
    public void inputReady(IOSession session, @Nullable ByteBuffer source) {
        if (isKept(source)) {
            return;
        }
        RelayToClient down = toClient;
        if (down == null) {
            session.clearEvent(EventMask.READ);
            down = toClient;
            if (down == null) {
                return; // to be asked again when it is open
            }
            session.setEvent(EventMask.READ); // it was opened just now
        }
        down.add(source);
        down.move();
    }

    /** TLS brings what it has decrypted, whether or not it was asked for it: what comes before the tunnel is open is kept until it is. */
    private synchronized boolean isKept(@Nullable ByteBuffer source) {
        if (toClient != null || source == null) {
            return false;
        }
        early.add(ByteBuffer.allocate(source.remaining()).put(source).flip());
        return true;
    }

    @Override
    public void outputReady(IOSession session) {
        clientReadable();
    }

    @Override
    public void timeout(IOSession session, Timeout timeout) {
        LOG.debug("Nothing has passed through a tunnel for {}", timeout);
        close();
        release();
    }

    @Override
    public void exception(IOSession session, Exception cause) {
        fail(cause);
        release();
    }

    @Override
    public void disconnected(IOSession session) {
        close();
        release();
    }

    // ---- its end; on any thread ----

    /**
     * All that the target has sent is with the client.
     *
     * @param isTold whether the client knows
     */
    void targetEnded(boolean isTold) {
        targetEnded = true;
        if (clientEnded || !isTold) {
            close();
        } else {
            target.setSocketTimeout(silence);
        }
    }

    /** All that the client has sent is with the target. */
    void clientEnded() throws IOException {
        clientEnded = true;
        if (targetEnded || isTls() || !(target.channel() instanceof SocketChannel channel)) {
            close();
        } else {
            channel.shutdownOutput();
            target.setSocketTimeout(silence);
        }
    }

    void fail(Throwable cause) {
        LOG.debug("A tunnel broke", cause);
        close();
    }

    boolean isClosed() {
        return closed.get();
    }

    /** Ends it towards both sides, if nobody has done so before. */
    void close() {
        if (closed.compareAndSet(false, true)) {
            boolean isTls = isTls();
            if (isTls) {
                target.setSocketTimeout(silence); // its two ends take leave of each other
            }
            target.close(CloseMode.GRACEFUL); // what was sent still arrives
            if (!isTls) {
                release();
            }
            clientWritable(); // which closes it
        }
    }

    boolean isTls() {
        return target.getTlsDetails() != null;
    }

    /** Gives target and connection back, once. What is left of the connection is reset. */
    private void release() {
        attempt.end(Outcome.ANSWERED, false);
    }
}
