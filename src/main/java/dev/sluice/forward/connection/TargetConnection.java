package dev.sluice.forward.connection;

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
 * One connection to a target, and what HTTP/1.1 and HTTP/2 have in common: what was read of a body is passed on at the
 * end of the event, a short response in one piece; a response counts even if its request could not be sent completely;
 * and no exception ends the reactor. Called on the connection's reactor thread, and by whoever begins a request: one
 * thread at a time.
 */
public final class TargetConnection implements IOEventHandler {

    private static final Logger LOG = LoggerFactory.getLogger(TargetConnection.class);

    /**
     * Less than any target means to keep an idle connection. After a shorter time a look would hardly ever find
     * something, and cost each request a system call.
     */
    static final long WORTH_A_LOOK_NANOS = 500_000_000;

    /** The connection whose event the thread handles, be it a reactor thread or one that begins a request. */
    private static final ThreadLocal<@Nullable TargetConnection> CURRENT = new ThreadLocal<>();

    private final TargetProtocol protocol;
    private volatile @Nullable KeepAlive keepAlive; // of its target; null once that has learned
    private volatile long idleSince; // System.nanoTime(); 0 while in use

    private final ProtocolIOSession session;
    private final ReentrantLock turn = new ReentrantLock(); // held while an event is handled
    private @Nullable Runnable afterEvent; // guarded by turn
    private @Nullable ExchangeHandler receiving; // to be told at the end of the current event; guarded by turn

    TargetConnection(ProtocolIOSession session, TargetProtocol protocol) {
        this.session = session;
        this.protocol = protocol;
    }

    /** Its I/O session, for whoever takes the connection over from HTTP. */
    public ProtocolIOSession session() {
        return session;
    }

    /** Returns what came after the head of a 101, and is no longer HTTP. It belongs to the caller. HTTP/1.1 only. */
    public ByteBuffer takeAfterSwitch() {
        return ((Http1) protocol).takeAfterSwitch();
    }

    /**
     * Whether another request can follow. Called after the event in which the response has ended, before anybody else
     * has the connection.
     */
    public boolean isFitForAnother() {
        return protocol.isFitForAnother();
    }

    /** The connection whose event the calling thread handles. Called only within an event. */
    public static TargetConnection current() {
        return Objects.requireNonNull(CURRENT.get());
    }

    /**
     * The protocol of the connection whose event the calling thread handles; null if there is none, or it is HTTP/1.1.
     */
    static @Nullable Http2 currentHttp2() {
        TargetConnection current = CURRENT.get();
        return current != null && current.protocol instanceof Http2 http2 ? http2 : null;
    }

    /** Whether the calling thread handles an event of this connection. */
    static boolean isAtWorkFor(Http2 http2) {
        return currentHttp2() == http2;
    }

    /** The protocol of the connection. HTTP/2 only. */
    Http2 http2() {
        return (Http2) protocol;
    }

    /** Called within an event, when something was received of the response to this request. */
    public void received(ExchangeHandler handler) {
        receiving = handler;
    }

    /** Called when a request begins. */
    public void inUse(KeepAlive itsTargets) {
        restartTimeout();
        idleSince = 0;
        keepAlive = itsTargets;
    }

    /**
     * Called when a request begins, and before the session's time-out is set while it is in flight, from any thread.
     */
    public void restartTimeout() {
        protocol.restartTimeout();
    }

    /** Called when the response has ended, before the connection goes back to the pool. */
    public void idle() {
        idleSince = System.nanoTime();
        if (!protocol.isOpen()) { // the target takes no more requests, which only HTTP/2 knows
            session.close(CloseMode.GRACEFUL);
        }
    }

    /** If the target has closed the connection while it was idle, records how long it had kept it open. */
    private void learn() {
        long since = idleSince;
        KeepAlive learning = keepAlive;
        if (since != 0 && learning != null && !protocol.isOpen()) {
            keepAlive = null; // once is enough
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
                inputPauses();
            }
        });
        learn();
    }

    private void inputPauses() {
        ExchangeHandler paused = receiving;
        receiving = null;
        if (paused != null) {
            paused.inputPauses();
        }
    }

    @Override
    public void outputReady(IOSession session) throws IOException {
        write(session, () -> protocol.outputReady(session));
    }

    /**
     * Handles an event that writes. If it fails, the response is read: a target that responds with 413 and closes
     * resets what comes after, which must not cost the client the response. A response with a long body, or one over
     * TLS, may be lost nevertheless.
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
        contain(session, () -> {
            if (System.currentTimeMillis() - session.getLastEventTime() >= timeout.toMilliseconds()) {
                protocol.timeout(session, timeout);
            } // else another thread has just used the connection, or set its time-out, while this one waited its turn
        });
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

    /** @param failed whether the session is told of a failure next, which is another event */
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
     * Runs a task once the current event is over, with whatever follows if it fails: whoever gets the connection then
     * can begin a request on it, and finds it closed if it is not fit for that. Called within an event.
     *
     * @param task throws nothing
     */
    public void afterEvent(Runnable task) {
        afterEvent = task;
    }

    /**
     * Whether it has been idle for so long that its target may have closed it. That is worth a look: a request that was
     * not sent may be sent again.
     */
    private boolean hasBeenIdle() {
        long since = idleSince;
        return since != 0 && System.nanoTime() - since > WORTH_A_LOOK_NANOS;
    }

    /**
     * Begins a request on the calling thread, if no event of this connection is being handled. It does not wait for its
     * turn, which could deadlock: two threads may each handle an event of the connection that the other wants.
     *
     * @return false if the reactor has to begin it
     */
    boolean begin(TargetSession session, RequestExecutionCommand request) {
        if (!(protocol instanceof Http1 http1) || turn.isHeldByCurrentThread() || !turn.tryLock()) {
            return false;
        }
        try {
            if (hasBeenIdle()) {
                look(session);
            }
            if (session.hasCommands() || !session.isOpen()) {
                return false;
            }
            write(session, () -> http1.begin(request));
        } catch (IOException e) { // as the reactor does
            exception(session, e);
            session.close(CloseMode.GRACEFUL);
        } finally {
            endTurn(false);
        }
        return true;
    }

    /** The target may have closed it, which the reactor is about to see. */
    private void look(TargetSession session) {
        try {
            inputReady(session, null);
        } catch (IOException e) {
            session.close(CloseMode.IMMEDIATE); // the request has not begun on it
        }
    }

    @FunctionalInterface
    private interface Event {
        void handle() throws IOException;
    }

    /**
     * Handles an event. Any exception but an IOException would end the reactor, and with it every other connection; it
     * ends only this connection instead.
     */
    private void contain(IOSession session, Event event) throws IOException {
        TargetConnection outer = enter();
        boolean failed = true;
        try {
            event.handle();
            protocol.eventEnds(session, idleSince == 0);
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
