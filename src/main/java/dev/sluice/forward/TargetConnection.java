package dev.sluice.forward;

import dev.sluice.target.KeepAlive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.hc.core5.http.nio.command.RequestExecutionCommand;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.IOEventHandler;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to a target, and what is the same in HTTP/1.1 and HTTP/2: what was read of a body goes on at the end of the
 * event, a short answer in one piece; an answer counts even if its request could not be sent to the end; and nothing that is thrown ends
 * the reactor. Called by the connection's reactor thread, and by whoever begins a request: one at a time.
 */
final class TargetConnection implements IOEventHandler {

    private static final Logger LOG = LoggerFactory.getLogger(TargetConnection.class);

    /** Whose event the thread handles: a reactor's, or one that begins a request. */
    private static final ThreadLocal<@Nullable TargetConnection> CURRENT = new ThreadLocal<>();

    private final IOEventHandler protocol; // either of what follows
    private final @Nullable Http1 http1;
    private final @Nullable Http2 http2;
    private volatile @Nullable KeepAlive keepAlive; // of the target that it is used for
    private volatile long idleSince; // in nanoseconds; 0 while it is used

    private final ProtocolIOSession session;
    private final ReentrantLock turn = new ReentrantLock(); // held while an event is handled
    private @Nullable Runnable afterEvent; // guarded by the turn

    private TargetConnection(
            ProtocolIOSession session, IOEventHandler protocol, @Nullable Http1 http1, @Nullable Http2 http2) {
        this.session = session;
        this.protocol = protocol;
        this.http1 = http1;
        this.http2 = http2;
    }

    static TargetConnection http1(ProtocolIOSession session) {
        Http1 http1 = new Http1(session);
        return new TargetConnection(session, http1, http1, null);
    }

    static TargetConnection http2(ProtocolIOSession session) {
        Http2 http2 = Http2.on(session);
        return new TargetConnection(session, http2, null, http2);
    }

    ProtocolIOSession session() {
        return session;
    }

    /** What has come after the head of a 101, and is not HTTP any more: it is whoever's asks. Only of HTTP/1.1. */
    ByteBuffer takeAfterSwitch() {
        return Objects.requireNonNull(http1).takeAfterSwitch();
    }

    /** Whether another request can follow. To be asked after the event in which the answer has ended, before anybody else has the connection. */
    boolean isFitForAnother() {
        return http1 == null || http1.isFitForAnother();
    }

    /** The connection that the calling thread is at work for. Only within its events. */
    static TargetConnection current() {
        return Objects.requireNonNull(CURRENT.get());
    }

    /** What speaks HTTP/2 on the connection that the calling thread is at work for; null if there is none. */
    static @Nullable Http2 currentHttp2() {
        TargetConnection current = CURRENT.get();
        return current == null ? null : current.http2;
    }

    /** Whether the calling thread is this connection's, and within one of its events. */
    static boolean isAtWorkFor(Http2 http2) {
        return currentHttp2() == http2;
    }

    /** What speaks HTTP/2 on it. Only if that is what it speaks. */
    Http2 http2() {
        return Objects.requireNonNull(http2);
    }

    /** A request begins on it. */
    void begin(KeepAlive itsTargets) {
        idleSince = 0;
        keepAlive = itsTargets;
    }

    /** Its answer has ended. To be called before it goes back to the pool. */
    void idle() {
        idleSince = System.nanoTime();
        if (http2 != null && !http2.isOpen()) { // its target takes no more requests, which only it knows
            session.close(CloseMode.GRACEFUL);
        }
    }

    /** If it is being closed by now, and was idle, then by its target. */
    private void learn() {
        long since = idleSince;
        KeepAlive learning = keepAlive;
        boolean isOpen = http2 == null ? session.isOpen() : http2.isOpen();
        if (since != 0 && learning != null && !isOpen) {
            idleSince = 0;
            learning.closedAfter(System.nanoTime() - since);
        }
    }

    @Override
    public void connected(IOSession session) throws IOException {
        contain(session, () -> protocol.connected(session));
    }

    @Override
    public void inputReady(IOSession session, @Nullable ByteBuffer source) throws IOException {
        contain(session, () -> {
            try {
                protocol.inputReady(session, source);
            } finally {
                Attempt.inputPauses();
            }
        });
        learn();
    }

    @Override
    public void outputReady(IOSession session) throws IOException {
        write(session, () -> protocol.outputReady(session));
    }

    /**
     * A target that answers 413 and closes resets what comes after: that must not cost its client the answer, unless its body is long, or it comes
     * over TLS.
     */
    private void write(IOSession session, Event event) throws IOException {
        contain(session, () -> {
            try {
                event.handle();
            } catch (IOException e) {
                inputReady(session, null);
                throw e;
            }
        });
    }

    @Override
    public void timeout(IOSession session, Timeout timeout) throws IOException {
        contain(session, () -> protocol.timeout(session, timeout));
    }

    @Override
    public void exception(IOSession session, Exception cause) {
        end(session, () -> protocol.exception(session, cause));
    }

    @Override
    public void disconnected(IOSession session) {
        end(session, () -> protocol.disconnected(session));
    }

    private void end(IOSession session, Runnable event) {
        TargetConnection outer = enter();
        try {
            event.run();
        } catch (RuntimeException | Error e) {
            abandon(session, e);
        } finally {
            leave(outer, false);
        }
    }

    private @Nullable TargetConnection enter() {
        turn.lock();
        TargetConnection outer = CURRENT.get();
        CURRENT.set(this);
        return outer;
    }

    private void leave(@Nullable TargetConnection outer, boolean failed) {
        CURRENT.set(outer);
        endTurn(failed);
    }

    /** @param failed whether its session is to be told, which is another event */
    private void endTurn(boolean failed) {
        Runnable next = null;
        if (!failed && turn.getHoldCount() == 1) {
            next = afterEvent;
            afterEvent = null;
        }
        turn.unlock();
        if (next != null) {
            next.run();
        }
    }

    /**
     * Runs it when the event is over, within which this is called, with what follows if it fails: whoever has the connection then can
     * {@link #begin} a request on it, and finds it closed if it is not fit for that. It throws nothing.
     */
    void afterEvent(Runnable task) {
        afterEvent = task;
    }

    /**
     * Begins a request on the calling thread, if nobody is at work here. That is not waited for: the thread may be at work for another
     * connection, and that one's thread for this.
     *
     * @return false if it is the reactor's to begin
     */
    boolean begin(TargetSession session, RequestExecutionCommand request) {
        Http1 protocol = http1;
        if (protocol == null || turn.isHeldByCurrentThread() || !turn.tryLock()) {
            return false;
        }
        try {
            if (session.hasCommands() || !session.isOpen()) {
                return false;
            }
            write(session, () -> protocol.begin(request));
        } catch (IOException e) { // as the reactor does
            exception(session, e);
            session.close(CloseMode.GRACEFUL);
        } finally {
            endTurn(false);
        }
        return true;
    }

    @FunctionalInterface
    private interface Event {
        void handle() throws IOException;
    }

    /** What is no IOException would go through the reactor and end it, and with it every other connection. */
    private void contain(IOSession session, Event event) throws IOException {
        TargetConnection outer = enter();
        boolean failed = true;
        try {
            event.handle();
            if (http2 != null) {
                http2.pauses(session);
            }
            failed = false;
        } catch (RuntimeException | Error e) {
            abandon(session, e);
            throw new IOException("The connection was given up", e);
        } finally {
            leave(outer, failed);
        }
    }

    private static void abandon(IOSession session, Throwable cause) {
        LOG.error("A connection to a target failed unexpectedly", cause);
        session.close(CloseMode.IMMEDIATE);
    }
}
