package dev.sluice.forward;

import dev.sluice.forward.connection.BodyBuffers;
import dev.sluice.forward.container.Container;
import dev.sluice.forward.head.Headers;
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
 * A response body on its way from the target to the client. The target's window opens again only when everything was
 * written, so that hardly more than two windows, or a large buffer, wait here. A short body of known length is kept
 * until it is complete: it then goes out at once with its head, and a target that breaks off earlier has spoilt
 * nothing.
 *
 * <p>Threads: reactor threads bring the data, container threads call the listener; whichever finds the other side ready
 * moves the data. Everything here is guarded by the exchange's monitor, except the registration of the listener: see
 * {@link Exchange}.
 */
final class ResponseBody implements WriteListener {

    /** Bytes; less than any host's buffer, so that head and body go out in one piece. */
    private static final int SHORT = 8 * 1024;

    private final Exchange exchange;
    private final Container container;
    private final HttpServletRequest clientRequest;
    private final HttpServletResponse clientResponse;

    private final ServletOutputStream out;
    private final boolean isHttp1;
    private final boolean listens; // false for a response that is only a head, written as a whole
    private final ResponseBuffer buffer;

    private @Nullable CapacityChannel window;
    private int taken; // bytes since the window was opened last
    private long sent;
    private long length = -1; // that the client is told before the end; -1 for none
    private boolean hasStalled; // whether the client has ever left something waiting
    private volatile Map<String, String> trailers = Map.of();
    private boolean collecting; // whether it is held back until it is complete
    private boolean flushesEagerly;
    private boolean flushPending;
    private boolean unflushed; // whether the host may keep what it was given last
    private boolean paused; // whether nothing more has come from the target since
    private boolean headGoesFirst; // before the rest, once all of that is there
    private boolean flushesLast; // before the end, so that the host has nothing left to send with it
    private boolean lostListener; // nobody would say that there is room
    private boolean endFlushed;
    private boolean endFlushPending; // until the host has room, and is done
    private boolean whole; // whether the target has sent all of it
    private boolean done; // whether the host has taken all of it, too
    private boolean called; // whether the host has called the listener, or there is none
    private @Nullable Runnable atFirstCall;
    private boolean interimInFlight;
    private @Nullable IOException writingFailure;

    ResponseBody(
            Exchange exchange,
            Container container,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse)
            throws IOException {
        this.exchange = exchange;
        this.container = container;
        this.clientRequest = clientRequest;
        this.clientResponse = clientResponse;
        this.out = clientResponse.getOutputStream();
        this.isHttp1 = Headers.isHttp1(clientRequest);
        this.listens = isHttp1
                || !container.losesListenedHeads()
                || !clientRequest.getMethod().equals("HEAD");
        this.buffer = new ResponseBuffer(out, isHttp1);
    }

    /**
     * Registers with the container, which then tells when there is room for writing. Not to be called with the monitor
     * held.
     */
    void listen() {
        if (listens) {
            out.setWriteListener(this);
        } else {
            synchronized (exchange) {
                called = true;
            }
        }
    }

    /**
     * Whether all of it was handed to the host, which has room for more and sends no interim response. Never before the
     * host's first call: on Tomcat, that call would meet an exchange that another thread has completed, and cost the client
     * its connection. Nor while {@link #flushEnd} goes on: to complete the exchange then may block a thread of Tomcat 10.1
     * with NIO2 for ever, or cost the client the response.
     */
    boolean isDone() {
        return done && called && !interimInFlight && !endFlushPending;
    }

    /** Whether the host has called the listener, or there is none. */
    boolean wasCalled() {
        return called;
    }

    /**
     * Holds everything back until {@link #endInterim}: something else is being sent. Returns false if it is held back
     * already.
     */
    boolean beginInterim() {
        boolean was = interimInFlight;
        interimInFlight = true;
        return !was;
    }

    void endInterim() {
        interimInFlight = false;
        send();
    }

    /** Null unless writing has failed. */
    @Nullable
    IOException writingFailure() {
        return writingFailure;
    }

    /** Whether writing has failed because a filter refuses the response. */
    boolean isRefused() {
        return writingFailure != null && container.isFiltersRefusal(writingFailure, out);
    }

    /** Bytes that were handed to the host so far. */
    long sent() {
        return sent;
    }

    /** Whether the target waits for the client to take more. */
    boolean awaitsClient() {
        return window != null && !awaitsTrailers();
    }

    /**
     * Whether the client has taken something, and always everything at once. False where nothing can be lent to the
     * host.
     */
    boolean clientKeepsUp() {
        return buffer.lends() && sent > 0 && !hasStalled;
    }

    void begin(EntityDetails body) {
        long declared = body.getContentLength();
        flushesEagerly = isStream(body);
        flushPending = flushesEagerly; // the head, too
        collecting = declared < SHORT && !flushesEagerly;
        buffer.expect(declared);
        if (flushesEagerly && !isHttp1) {
            container.mayIdle(clientRequest, exchange.streamIdleTimeout().toMilliseconds());
        }
        // Where the host ends the response with the last byte of its length, the request must have ended; over HTTP/2
        // it would fail to, with a client whose window is full. A shorter length it finds out by itself.
        boolean mayTellLength =
                container.readsAfterResponse() || (declared >= SHORT && isHttp1 && exchange.isRequestOver());
        if (declared >= 0 && mayTellLength) {
            length = declared;
            clientResponse.setContentLengthLong(length);
        }
        if (declared < 0 && isHttp1 && container.endsWithConnectionUnlessChunked()) {
            clientResponse.setHeader("Transfer-Encoding", "chunked"); // left out over HTTP/1.0
        }
    }

    /**
     * The response never has a body, whatever its head says of one (RFC 9110 section 6.4.1). The head goes out before
     * the end, unless it has a length: to one that ends at once, hosts add that the length is 0.
     */
    void beginWithout() {
        headGoesFirst = !clientResponse.containsHeader("Content-Length");
    }

    /** Whether the body comes piece by piece, as its target produces it, and may pause. */
    static boolean isStream(EntityDetails body) {
        String type = body.getContentType();
        return body.getContentLength() < 0 || (type != null && type.regionMatches(true, 0, "text/event-stream", 0, 17));
    }

    /**
     * Adds a piece of the body.
     *
     * @param mayKeep whether the buffer is one of {@link BodyBuffers} and may be kept
     * @return whether it was kept
     */
    boolean add(ByteBuffer source, boolean mayKeep) {
        taken += source.remaining();
        paused = false;
        return buffer.add(source, mayKeep);
    }

    /** The exchange has ended. */
    void drop() {
        buffer.dropWaiting();
        buffer.takeBack();
    }

    /** Writes what there is, unless it is to wait until the body is complete. */
    void send() {
        if (awaitsTrailers()) {
            exchange.reconsiderPatience(); // it is the target that is waited for
        } else if (!collecting) {
            move();
        }
    }

    /**
     * Whether the last byte of the declared length is here, with which the host would end the response, but in HTTP/2
     * trailers may follow.
     */
    private boolean awaitsTrailers() {
        return !isHttp1 && !whole && length >= 0 && sent + buffer.remaining() >= length;
    }

    /** Nothing more has come from the target for now: what has come must not wait, in the host neither. */
    void pause() {
        paused = true;
        flushPending |= unflushed;
        send();
    }

    /** The target has used up its window, and waits for it to open again. */
    void open(CapacityChannel window) {
        if (collecting) {
            openWindow(window); // the client is not waited for: padding has used it up
        } else {
            this.window = window;
            send();
        }
    }

    /**
     * The body is complete.
     *
     * @param trailers the trailer fields
     */
    void end(Map<String, String> trailers) {
        this.trailers = trailers;
        window = null; // the connection may serve another request by now
        whole = true;
        flushesLast = !isHttp1 && container.blocksAtEnds();
        headGoesFirst |= sendsTrailersAhead();
        flushPending = flushesLast && unflushed; // the host flushes the end
        unflushed = false;
        collecting = false;
        if (flushesEagerly && !isHttp1) {
            container.mayIdleNoLonger(clientRequest, Stall.LIMIT_MILLIS); // the host may keep what it has taken
        }
        move();
    }

    /** Whether the host would send the trailers before a body for which the client has no room. */
    private boolean sendsTrailersAhead() {
        return !isHttp1 && !trailers.isEmpty() && container.sendsTrailersAhead() && !clientResponse.isCommitted();
    }

    /** The trailer fields. The host asks for them when it has sent everything else. */
    Map<String, String> trailers() {
        return trailers;
    }

    /** Nothing of it has left the host, and nothing is to: the response was reset. */
    void nothingWasSent() {
        sent = 0;
        writingFailure = null;
        lostListener = !container.keepsListenerAtReset();
    }

    /** There is no body, or none any more. */
    void omit() {
        window = null;
        buffer.dropWaiting();
        if (!listens) {
            flushHead();
        }
        done = true;
    }

    private void flushHead() {
        try {
            clientResponse.flushBuffer();
        } catch (IOException | IllegalStateException e) {
            failed(e);
        }
    }

    /** The exchange deals with it when it settles, without the monitor. */
    private void failed(Exception cause) {
        writingFailure = cause instanceof IOException failure ? failure : new IOException(cause);
    }

    /**
     * Sends everything although the exchange goes on, with the end of the body if {@link Container#readsAfterResponse}.
     * Continued by {@link #onWritePossible} if the host has no room.
     */
    void flushEnd() throws IOException {
        if (lostListener) {
            clientResponse.flushBuffer();
            return;
        }
        endFlushPending = !out.isReady();
        if (!endFlushPending && !endFlushed) {
            endFlushed = true;
            if (container.readsAfterResponse()) {
                out.close();
            } else {
                out.flush();
                endFlushPending = !out.isReady();
            }
        }
        if (endFlushPending) {
            exchange.responseStalls();
        }
    }

    @Override
    public void onWritePossible() {
        exchange.guarded(() -> {
            Runnable first = takeCall();
            if (first != null) {
                first.run();
            }
            exchange.settle();
        });
    }

    /** Returns what the host's first call is to do instead; null for nothing else. */
    private @Nullable Runnable takeCall() {
        synchronized (exchange) {
            called = true;
            Runnable first = atFirstCall;
            atFirstCall = null;
            if (first == null && !exchange.hasEnded()) {
                send();
                goOnWithEnd();
            }
            return first;
        }
    }

    private void goOnWithEnd() {
        if (endFlushPending) {
            try {
                flushEnd();
            } catch (IOException | IllegalStateException e) {
                failed(e);
            }
        }
    }

    /**
     * If the host has not called yet, its first call only runs this task. Called with the monitor held.
     *
     * @return false if the host has called
     */
    boolean postponeToFirstCall(Runnable task) {
        if (!called) {
            atFirstCall = task;
        }
        return !called;
    }

    @Override
    public void onError(Throwable cause) {
        exchange.guarded(() -> exchange.writingBroken(cause));
    }

    private void move() {
        if (!listens) {
            if (whole && !done) {
                omit();
            }
            return;
        }
        try {
            while (hasWork() && out.isReady()) {
                buffer.takeBack();
                if (headGoesFirst && whole) {
                    headGoesFirst = false;
                    flush();
                } else if (buffer.hasRemaining()) {
                    sent += buffer.write();
                    unflushed = !buffer.isLent(); // else it is written at once
                    flushPending = whole ? flushesLast : flushesEagerly || (paused && unflushed);
                } else if (flushPending) {
                    flush();
                } else if (length < 0 && container.hasClosed(out)) {
                    break; // as it is about to tell, the last piece was not written
                } else {
                    done = whole;
                }
            }
        } catch (IOException | IllegalStateException e) {
            failed(e);
            return;
        }
        hasStalled |= sent > 0 && (buffer.isLent() || buffer.hasRemaining());
        if (window != null && !buffer.hasRemaining()) {
            openWindow(window);
        }
        exchange.reconsiderPatience();
        if (hasWork()) {
            exchange.responseStalls();
        }
    }

    private void flush() throws IOException {
        flushPending = false;
        unflushed = false;
        out.flush();
    }

    /** Whether the host has no room for what there is, or is not done with it. */
    boolean awaitsRoom() {
        return hasWork() || endFlushPending;
    }

    /** Whether there is something to do as soon as the host has room. */
    boolean hasWork() {
        boolean mayWrite = called && !interimInFlight && !done && writingFailure == null;
        boolean hasPiece = buffer.hasRemaining() && !awaitsTrailers();
        return mayWrite && (whole || hasPiece || flushPending || buffer.isLent());
    }

    private void openWindow(CapacityChannel window) {
        this.window = null;
        try {
            window.update(taken);
            taken = 0;
        } catch (IOException e) {
            // the target's connection is gone, as its reading side will report
        }
    }
}
