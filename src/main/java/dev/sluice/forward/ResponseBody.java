package dev.sluice.forward;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.jspecify.annotations.Nullable;

/**
 * An answer's body on its way from the target to the client. The target's window opens again only when everything was written, so
 * what waits here is hardly more than two windows, or a large buffer. A short body of known length is kept until it is whole: then it
 * goes out with its head at once, and a target that breaks off earlier has spoilt nothing. Where the host is {@link OwnJetty}, a long
 * piece goes out from the buffer that it was read into, which is lent to the host meanwhile.
 *
 * <p>Threads: the reactor's bring the data, the container's call the listener; whoever finds the other side ready moves the data.
 * Everything here is guarded by the exchange's monitor, but for the listener's registration: see {@link Exchange}.
 */
final class ResponseBody implements WriteListener {

    /** In bytes; less than any host's buffer, so that it goes out in one piece with its head. */
    private static final int SHORT = 8 * 1024;

    /** In bytes. What is shorter is copied: it would keep a whole buffer from others. */
    private static final int WORTH_KEEPING = 16 * 1024;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Exchange exchange;
    private final HttpServletRequest clientRequest;
    private final HttpServletResponse clientResponse;

    private final ServletOutputStream out;
    private final boolean lends;

    private ByteBuffer waiting = NOTHING; // of BodyBuffers if it is outside of the heap
    private @Nullable ByteBuffer lent; // of BodyBuffers, to the host
    private ByteBuffer lentView = NOTHING; // what the host has of it: its own position, the same bytes
    private long expected;
    private @Nullable CapacityChannel window;
    private int taken;
    private long sent;
    private boolean stalled; // ever
    private volatile Map<String, String> trailers = Map.of();
    private boolean holding;
    private boolean flushing;
    private boolean unflushed;
    private boolean endUnflushed;
    private boolean whole;
    private boolean done;
    private boolean called;
    private @Nullable Runnable atFirstCall;
    private boolean heldBack;
    private @Nullable IOException writingFailure;

    ResponseBody(Exchange exchange, HttpServletRequest clientRequest, HttpServletResponse clientResponse)
            throws IOException {
        this.exchange = exchange;
        this.clientRequest = clientRequest;
        this.clientResponse = clientResponse;
        this.out = clientResponse.getOutputStream();
        this.lends = Headers.isHttp1(clientRequest) && OwnJetty.isBehind(out);
    }

    /** Lets the container tell when there is room for writing. Not to be called with the monitor held. */
    void listen() {
        out.setWriteListener(this);
    }

    /**
     * Whether all of it was handed to the host, which has room for more. Not before the host's first call: on Tomcat that would meet an
     * exchange that another thread has completed, and cost the client its connection.
     */
    boolean isDone() {
        return done && called && !heldBack;
    }

    /** Lets nothing out until it may {@link #goOn}: something else is being sent. False if that is so already. */
    boolean holdBack() {
        boolean was = heldBack;
        heldBack = true;
        return !was;
    }

    void goOn() {
        heldBack = false;
        send();
    }

    /** Null unless writing has failed. */
    @Nullable
    IOException writingFailure() {
        return writingFailure;
    }

    /** How many bytes of it were handed to the host. */
    long sent() {
        return sent;
    }

    /** Whether the client is waited for. */
    boolean awaitsClient() {
        return window != null;
    }

    /** Whether the client has always taken everything at once. */
    boolean clientKeepsUp() {
        return lends && sent > 0 && !stalled;
    }

    void begin(EntityDetails body) {
        long length = body.getContentLength();
        flushing = isStream(body);
        unflushed = flushing; // its head too
        holding = length < SHORT && !flushing;
        expected = length;
        // A shorter one the host knows by itself.
        if (length >= SHORT && (exchange.requestIsRead() || canReadOn())) {
            clientResponse.setContentLengthLong(length);
        }
    }

    /**
     * Whether the rest of a request can be read after its answer's end, see {@link Exchange}: on Tomcat closing the answer closes the request, from
     * version 11 on also when all of a told length was written.
     */
    private boolean canReadOn() {
        return KnownHost.of(clientRequest) == KnownHost.JETTY;
    }

    /** Whether it comes bit by bit, as its target has it, and may pause. */
    static boolean isStream(EntityDetails body) {
        String type = body.getContentType();
        return body.getContentLength() < 0 || (type != null && type.regionMatches(true, 0, "text/event-stream", 0, 17));
    }

    /**
     * Adds what was read.
     *
     * @param mayKeep whether the buffer, of {@link BodyBuffers}, may be kept
     * @return whether it is
     */
    boolean add(ByteBuffer source, boolean mayKeep) {
        int length = source.remaining();
        taken += length;
        if (lends && mayKeep && length >= WORTH_KEEPING && !waiting.hasRemaining()) {
            waiting = source;
            return true;
        }
        if (waiting.capacity() - waiting.limit() < length) {
            grow(waiting.limit() + length);
        }
        int end = waiting.limit();
        waiting.limit(end + length).slice(end, length).put(source);
        return false;
    }

    /** To room for all that may have to wait if the whole is as long as that, else for twice as much as there is. */
    private void grow(int least) {
        long all = expected < 0 ? 2L * waiting.capacity() : Math.min(expected, ConnectionPool.WINDOW);
        ByteBuffer larger =
                ByteBuffer.allocate((int) Math.max(least, all)).put(waiting).flip();
        dropWaiting();
        waiting = larger;
    }

    private void dropWaiting() {
        if (waiting.isDirect()) {
            BodyBuffers.giveBack(waiting);
        }
        waiting = NOTHING;
    }

    /** The exchange has ended. */
    void drop() {
        dropWaiting();
        takeBack();
    }

    /** There may be no more for a while. */
    void send() {
        if (!holding) {
            move();
        }
    }

    /** The target has used up its window and waits for more. */
    void open(CapacityChannel window) {
        this.window = window;
        send();
    }

    /** @param trailers what comes after it */
    void end(Map<String, String> trailers) {
        this.trailers = trailers;
        window = null; // the connection may be another's by now
        whole = true;
        unflushed = false; // the end is flushed by the host
        holding = false;
        move();
    }

    /** What comes after it; asked by the host when it has sent everything else. */
    Map<String, String> trailers() {
        return trailers;
    }

    /** There is none, or none any more. */
    void omit() {
        window = null;
        dropWaiting();
        done = true;
    }

    /** Sends all of it, although the exchange goes on, with the mark of its end if that can be. */
    void flushEnd() throws IOException {
        endUnflushed = !out.isReady(); // as within the servlet's call on Tomcat: onWritePossible goes on
        if (!endUnflushed && canReadOn()) {
            out.close();
        } else if (!endUnflushed) {
            out.flush();
        }
    }

    @Override
    public void onWritePossible() throws IOException {
        Runnable first;
        synchronized (exchange) {
            called = true;
            first = atFirstCall;
            atFirstCall = null;
            if (first == null && !exchange.hasEnded()) {
                send();
                if (endUnflushed) {
                    flushEnd();
                }
            }
        }
        if (first != null) {
            first.run();
        }
        exchange.settle();
    }

    /**
     * If the host has not called yet, this is all that its first call does. Called with the monitor held.
     *
     * @return false if it has called
     */
    boolean putsOff(Runnable task) {
        if (!called) {
            atFirstCall = task;
        }
        return !called;
    }

    @Override
    public void onError(Throwable cause) {
        exchange.clientLeft(cause);
    }

    private void move() {
        try {
            while (hasWork() && out.isReady()) {
                takeBack();
                if (waiting.hasRemaining()) {
                    write();
                    unflushed = flushing && !whole;
                } else if (unflushed) {
                    unflushed = false;
                    out.flush();
                } else {
                    done = whole;
                }
            }
        } catch (IOException e) {
            writingFailure = e; // what follows from it must not be done with the monitor held
            return;
        }
        stalled |= sent > 0 && (lent != null || waiting.hasRemaining());
        if (window != null && !waiting.hasRemaining()) {
            openWindow(window);
        }
        exchange.reconsiderPatience();
    }

    private boolean hasWork() {
        boolean mayWrite = called && !heldBack && !done && writingFailure == null;
        return mayWrite && (whole || waiting.hasRemaining() || unflushed || lent != null);
    }

    /**
     * What was lent to the host, if that has read it to its end. That it is ready again does not say so: it may have failed, and be writing still,
     * to a client that would get what somebody else's answer is by then.
     */
    private void takeBack() {
        if (lent != null) {
            if (lentView.position() == lent.limit()) {
                BodyBuffers.giveBack(lent);
            } else {
                BodyBuffers.giveUp(lent);
            }
            lent = null;
        }
    }

    private void write() throws IOException {
        ByteBuffer data = waiting;
        int length = data.remaining();
        waiting = NOTHING; // a host may keep what it is given until that is with the client
        if (data.isDirect()) {
            lent = data;
            lentView = data.duplicate();
            OwnJetty.write(out, lentView);
        } else {
            out.write(data.array(), data.arrayOffset(), length);
        }
        sent += length;
    }

    private void openWindow(CapacityChannel window) {
        this.window = null;
        try {
            window.update(taken);
            taken = 0;
        } catch (IOException e) {
            // the target's connection is gone, which its reading side will tell
        }
    }
}
