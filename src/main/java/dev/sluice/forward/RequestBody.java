package dev.sluice.forward;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.impl.BasicEntityDetails;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.jspecify.annotations.Nullable;

/**
 * A request's body on its way from the client to the target. It is read only as fast as the target takes it, one chunk at a time; of
 * that the first is read ahead of the target, so that a client that leaves while its request waits is noticed. Where the client asked
 * for that, nothing is read before the target has said 100 Continue. A small body is kept, so that it can be sent to another target.
 *
 * <p>Threads: the container's call the listener, the reactor's have room for more; whoever finds the other side ready {@link #pump
 * pumps}, one at a time. What is kept here is guarded by the exchange's monitor. The monitor is not held while the request is read:
 * at the end of a body Tomcat takes its lock of the socket for that, and it holds the same lock while it calls a listener.
 *
 * <p>But in Jetty a chunked body is not read where its listener is called: at the body's end Tomcat serves the connection once more, on
 * the thread that reads. Where that is serving it already, what follows is taken for the next request before this one is answered, and
 * an event is left behind that ends the connection if it comes in the moment in which a later exchange is completed. Within the
 * servlet's own call there is never anything to read: from the registration on that awaits the listener's first call.
 */
final class RequestBody implements ReadListener {

    private static final int CHUNK = 32 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** So many chunks are moved at a time. */
    private static final int TURN = 8;

    /** Of a body that may be sent again. */
    private static final int MAX_KEPT = 64 * 1024;

    private final Exchange exchange;
    private final HttpServletRequest clientRequest;
    private final EntityDetails details;
    private final long maxBytes;
    private final long length; // -1 where it ends with what the host says; also in HTTP/2, where trailers may follow
    private final boolean toHttp2;
    private final boolean isReadOffContainer;

    private volatile @Nullable ServletInputStream in;
    private @Nullable DataStreamChannel target;
    private ByteBuffer chunk = NOTHING;
    private boolean begun;
    private @Nullable ByteArrayOutputStream kept; // what the target got; null if it is not, or no longer, kept
    private int rewinds;
    private boolean discarding;
    private boolean sent;
    private boolean over;
    private boolean abandoned;
    private @Nullable IOException readingFailure;
    private long received;
    private boolean tooLarge;

    private boolean pumping;
    private boolean pumpAgain;
    private @Nullable Runnable afterPumping;

    /**
     * @param maxBytes what is longer is {@link #takeTooLarge too large}
     * @param isIdempotent whether the request may be sent again after a target has got some of it
     * @param toHttp2 whether the target speaks HTTP/2
     */
    RequestBody(
            Exchange exchange, HttpServletRequest clientRequest, long maxBytes, boolean isIdempotent, boolean toHttp2) {
        this.exchange = exchange;
        this.clientRequest = clientRequest;
        this.maxBytes = maxBytes;
        this.details = new BasicEntityDetails(clientRequest.getContentLengthLong(), null);
        this.length = Headers.isHttp1(clientRequest) ? details.getContentLength() : -1;
        this.toHttp2 = toHttp2;
        this.isReadOffContainer = Headers.isHttp1(clientRequest)
                && details.getContentLength() < 0
                && KnownHost.of(clientRequest) != KnownHost.JETTY;
        // A target that speaks HTTP/2 may say that it has not looked at a request, whatever that is.
        boolean keep = isIdempotent || toHttp2;
        this.kept = keep && details.getContentLength() <= MAX_KEPT ? new ByteArrayOutputStream() : null;
    }

    EntityDetails details() {
        return details;
    }

    /**
     * Lets the container tell when there is something to read. For a client that waits for 100 Continue this is what asks it to begin,
     * so it is put off until the target wants the body. Not to be called with the monitor held.
     */
    void listen() throws IOException {
        ServletInputStream body = clientRequest.getInputStream();
        in = body;
        body.setReadListener(this);
    }

    /**
     * Whether it is of unknown length and has ended already, as in HTTP/2 that of a GET: of that Jetty tells only who reads. A target is
     * not to see an empty chunked body then. On the container's thread, before anything else runs.
     */
    boolean turnsOutEmpty() {
        if (details.getContentLength() < 0 && !Headers.isHttp1(clientRequest) && write()) {
            read();
        }
        return over && !chunk.hasRemaining();
    }

    boolean isListening() {
        return in != null;
    }

    /** Whether another attempt can send it: no target has got any of it, or all of that is kept. */
    boolean canBeSentAgain() {
        return !begun || kept != null;
    }

    /** Begins anew, for another attempt. Only if it can be sent again. */
    void rewind() {
        target = null;
        sent = false;
        if (begun && kept != null) {
            chunk = joined(ByteBuffer.wrap(kept.toByteArray()), chunk);
            kept.reset();
            begun = false;
            rewinds++;
        }
    }

    /** In a new buffer, with some room at its end. */
    private static ByteBuffer joined(ByteBuffer first, ByteBuffer second) {
        return ByteBuffer.allocate(first.remaining() + second.remaining() + CHUNK)
                .put(first.duplicate())
                .put(second.duplicate())
                .flip();
    }

    /** Whether all of it was read, or nothing more of it is wanted. */
    boolean isOver() {
        return over;
    }

    /** Whether all of it was read that is wanted, rather than that reading has failed. */
    boolean wasRead() {
        return over && !abandoned;
    }

    /** Whether the target got all of it. */
    boolean isSent() {
        return sent;
    }

    /** Whether a target that has said all, and no error, has not got all of it. In HTTP/2 that is how a target ends a stream. */
    boolean isCutShort() {
        long told = details.getContentLength();
        return !sent && !discarding && !toHttp2 && (told < 0 || received < told || chunk.hasRemaining());
    }

    /** Whether the client is waited for. */
    boolean awaitsClient() {
        return target != null && !over && !chunk.hasRemaining();
    }

    /** Null unless reading has failed. */
    @Nullable
    IOException readingFailure() {
        return readingFailure;
    }

    /** True once where more has come than may: no target is to have it, and the rest is thrown away already. */
    boolean takeTooLarge() {
        boolean was = tooLarge;
        tooLarge = false;
        return was;
    }

    /** How many bytes of it were read. */
    long received() {
        return received;
    }

    int unsentBytes() {
        return chunk.remaining();
    }

    /** The target has room. To be followed by {@link #pump}. */
    void sendTo(DataStreamChannel channel) {
        if (!sent && !discarding) {
            target = channel;
        }
    }

    /**
     * The rest is to be read and thrown away: the answer is there already, and a client that is still sending would otherwise lose it to
     * a reset (RFC 9112 section 9.6). A client that waits for 100 Continue is not asked to begin. To be followed by {@link #pump}.
     */
    void discard() {
        if (!over) {
            target = null;
            discarding = true;
            over = in == null;
        }
    }

    /** Nothing more of it can be had. */
    void abandon() {
        readingFailure = null;
        target = null;
        discarding = true;
        abandoned |= !over;
        over = true;
    }

    /** @throws IOException what reading has thrown: only if the container sees it, it lets {@link #onError} answer */
    @Override
    public void onDataAvailable() throws IOException {
        if (!pumpHere()) {
            return;
        }
        IOException broken;
        synchronized (exchange) {
            broken = exchange.hasEnded() ? null : readingFailure;
        }
        if (broken != null) {
            throw broken;
        }
        exchange.settle();
    }

    /**
     * Pumps, unless this may be a thread of the container's that must not read: then another one does, and settles the exchange.
     *
     * @return whether it has pumped
     */
    boolean pumpHere() {
        if (isReadOffContainer) {
            handOver();
        } else {
            pump();
        }
        return !isReadOffContainer;
    }

    /** Has a thread go on with it that is not the container's: that of the target's connection, if one has room. */
    private void handOver() {
        DataStreamChannel room;
        synchronized (exchange) {
            room = toHttp2 ? null : target; // HTTP/2 may forget that it was asked
        }
        if (room == null) {
            exchange.pumpLater();
        } else {
            room.requestOutput();
        }
    }

    @Override
    public void onAllDataRead() throws IOException {
        onDataAvailable();
    }

    @Override
    public void onError(Throwable cause) {
        exchange.requestBroken(cause);
        if (isReadOffContainer) {
            exchange.letOut();
        }
    }

    /**
     * Moves the body until the client has sent no more or the target has no more room; whichever changes first pumps again. If another
     * thread is at it, that one goes on. Who calls may have others to serve: so much is moved at most, and then they have their turn.
     * Otherwise one quick upload would keep a reactor or a selector for as long as it takes, and all its connections would look silent.
     * Not to be called with the monitor held.
     */
    void pump() {
        synchronized (exchange) {
            if (pumping || in == null) {
                pumpAgain = pumping;
                return;
            }
            pumping = true;
        }
        int left = TURN;
        do {
            while (left > 0 && write() && read()) {
                left--;
            }
        } while (!pumped(left > 0));
    }

    /** @param mayGoOn if not, somebody else goes on soon */
    private boolean pumped(boolean mayGoOn) {
        Runnable next;
        boolean later = false;
        synchronized (exchange) {
            if (mayGoOn && pumpAgain && !exchange.hasEnded()) {
                pumpAgain = false;
                return false;
            }
            pumping = false;
            next = afterPumping;
            afterPumping = null;
            boolean goesOn = !mayGoOn && !exchange.hasEnded();
            if (goesOn && target != null && chunk.hasRemaining()) { // else HTTP/2 may forget that it was asked
                target.requestOutput();
            } else {
                later = goesOn && readingFailure == null && (!over || target != null);
            }
            exchange.reconsiderPatience();
        }
        if (next != null) {
            next.run();
        } else if (later) {
            exchange.pumpLater();
        }
        return true;
    }

    /** Runs it when nobody reads the request: at once, or when the one who does is done. */
    void afterPumping(Runnable task) {
        synchronized (exchange) {
            if (pumping) {
                afterPumping = task;
                return;
            }
        }
        task.run();
    }

    /** Whether there may be more to read, and room for it. */
    private boolean write() {
        synchronized (exchange) {
            if (exchange.hasEnded() || readingFailure != null) {
                return false;
            }
            if (!discarding && chunk.hasRemaining()) {
                if (target == null) {
                    // It is not there yet. Only who reads is told that the client leaves, so as much is read as there
                    // is room for.
                    return !over && chunk.limit() < Math.min(CHUNK, chunk.capacity());
                }
                writeTo(target);
            }
            if (discarding) {
                chunk.position(chunk.limit());
            }
            if (over && !chunk.hasRemaining() && target != null && !sent) {
                endAt(target);
            }
            return !over && !chunk.hasRemaining();
        }
    }

    private void writeTo(DataStreamChannel channel) {
        int begin = chunk.position();
        try {
            begun = true;
            channel.write(chunk);
            if (chunk.hasRemaining()) {
                channel.requestOutput();
            }
        } catch (IOException | RuntimeException e) {
            // The target takes no more. It may have answered already: its connection's reading side will tell.
            target = null;
            discarding = kept == null;
        }
        keep(begin);
    }

    private void keep(int begin) {
        int length = chunk.position() - begin;
        if (kept != null && kept.size() + length <= MAX_KEPT) {
            kept.write(chunk.array(), begin, length);
        } else {
            kept = null;
        }
    }

    private void endAt(DataStreamChannel channel) {
        try {
            channel.endStream(Headers.trailers(clientRequest));
            sent = true;
            exchange.bodyIsSent();
        } catch (IOException | RuntimeException e) {
            target = null; // as above
        }
    }

    /** No more than the body needs, and one byte to see its end. */
    private int firstCapacity() {
        long length = details.getContentLength();
        return length < 0 || length >= CHUNK ? CHUNK : (int) length + 1;
    }

    /** Whether something has come, or the end; if not the container will call. */
    private boolean read() {
        ServletInputStream body = in;
        if (body == null) {
            return false;
        }
        ByteBuffer before;
        int rewindsBefore;
        synchronized (exchange) {
            before = chunk;
            rewindsBefore = rewinds;
        }
        ByteBuffer next = before.capacity() == 0 ? ByteBuffer.allocate(firstCapacity()) : before;
        int unsent = before.hasRemaining() ? before.position() : 0;
        int begin = before.hasRemaining() ? before.limit() : 0;
        int came = -1;
        try {
            if (!body.isFinished()) {
                if (!body.isReady()) {
                    return false;
                }
                came = body.read(next.array(), begin, next.capacity() - begin);
            }
        } catch (IOException | RuntimeException e) {
            synchronized (exchange) {
                readingFailure = over ? null : e instanceof IOException broken ? broken : new IOException(e);
            }
            return false;
        }
        synchronized (exchange) {
            received += Math.max(0, came);
            if (came < 0) {
                over = true;
            } else if (!discarding && received > maxBytes) {
                discard();
                tooLarge = true;
                return false; // whoever pumps tells the exchange
            } else if (!over && rewinds == rewindsBefore) {
                chunk = next.limit(begin + came).position(unsent);
            } else if (!over) {
                chunk = joined(chunk, ByteBuffer.wrap(next.array(), begin, came));
            }
            over |= received == length; // nothing tells that sooner
        }
        return true;
    }
}
