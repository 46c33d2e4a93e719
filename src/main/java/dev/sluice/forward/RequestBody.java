package dev.sluice.forward;

import dev.sluice.forward.container.Container;
import dev.sluice.forward.container.JettyApi;
import dev.sluice.forward.head.Headers;
import dev.sluice.forward.head.Trailers;
import dev.sluice.target.TargetGroup;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.impl.BasicEntityDetails;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.jspecify.annotations.Nullable;

/**
 * A request body on its way from the client to the target. It is read only as fast as the target takes it, one chunk at
 * a time. The first chunk is read before the target asks for it, so that a client that leaves while its request waits
 * is noticed. If the client expects 100 Continue, nothing is read until the target's connection asks for the body: after
 * the target's 100 Continue, or without it (see {@code Http1} and {@code Http2Stream}). A small body is kept, so that it
 * can be sent to another target.
 *
 * <p>Threads: container threads call the listener, reactor threads call when the target has room, and the timer's
 * thread continues what others have left; whichever finds the other side ready {@link #pump pumps}, one at a time.
 * State is guarded by the exchange's monitor. The callers hold it, except those of {@link #listenFirst}, {@link #ask},
 * {@link #readRest}, {@link #pump}, {@link #pumpHere} and the listener's methods, which take it themselves, and of {@link
 * #turn} and {@link #details}, which do not change after {@link #listenFirst}. It is not held while the request is read: at the end of a body Tomcat
 * takes its lock of the socket for that, and it holds the same lock while it calls a listener.
 *
 * <p>Except in Jetty, a chunked HTTP/1 body is not read on the thread that calls its listener. At the end of the body
 * Tomcat serves the connection once more, on the thread that reads. If that thread is serving the connection already,
 * Tomcat takes what follows for the next request before this one is answered, and leaves an event behind that ends the
 * connection if it comes at the moment in which a later exchange is completed. Within the servlet's own call there is
 * never anything to read: once the listener is registered, reading has to wait for its first call.
 */
final class RequestBody implements ReadListener {

    private static final int CHUNK = 32 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** Maximum number of chunks that one call of {@link #pump} moves. */
    private static final int TURN = 8;

    private final Exchange exchange;
    private final HttpServletRequest clientRequest;
    private final boolean isHttp1;
    private @Nullable EntityDetails details; // null if there is no body, which counts as sent then
    private final long maxBytes; // a longer body is too large
    private final long declaredLength; // bytes; -1 if unknown
    private final boolean endsWithLength; // not in HTTP/2: trailers may follow, whose end only the host reports
    private final boolean toHttp2;
    private final boolean hostSendsContinue;
    private final boolean skipsUnasked;
    private final boolean isReadOffContainer;
    private final Replay replay;
    private final ReadTurn turn;

    private volatile @Nullable ServletInputStream in;
    private @Nullable DataStreamChannel target;
    private ByteBuffer chunk = NOTHING;
    private int rewinds; // tells a thread that reads meanwhile that the chunk was replaced
    private boolean mayNeverCome; // whether the client had not been asked when it had its response, as far as is known
    private boolean discarding; // whether what is read is thrown away
    private boolean sent; // whether a target has got all of it
    private boolean over; // whether nothing more is read
    private boolean abandoned; // whether it is over before its end
    private @Nullable IOException readingFailure;
    private long received;
    private boolean tooLarge; // until somebody has taken note of it

    /**
     * The body of a request, even if it has none.
     *
     * @param isIdempotent whether the request may be sent again after a target has got some of it
     */
    RequestBody(
            Exchange exchange,
            Container container,
            HttpServletRequest clientRequest,
            TargetGroup targets,
            boolean isIdempotent)
            throws IOException {
        this.exchange = exchange;
        this.clientRequest = clientRequest;
        this.isHttp1 = Headers.isHttp1(clientRequest);
        this.maxBytes = targets.forwarding().maxRequestBodyBytes();
        this.declaredLength = declaredLength(clientRequest);
        this.details = isIn(container, clientRequest, isHttp1, declaredLength)
                ? new BasicEntityDetails(declaredLength, null)
                : null;
        this.sent = details == null;
        this.over = details == null;
        this.endsWithLength = isHttp1 && declaredLength >= 0;
        this.toHttp2 = targets.transport().isHttp2();
        this.hostSendsContinue = container.sendsContinue();
        this.skipsUnasked = isHttp1 && container.skipsUnasked();
        this.isReadOffContainer =
                details != null && isHttp1 && declaredLength < 0 && !container.readsChunksInListener();
        this.turn = new ReadTurn(exchange);
        // An HTTP/2 target may say that it has not processed a request, whatever its method.
        this.replay = new Replay(details != null && (isIdempotent || toHttp2), declaredLength);
    }

    /** The Content-Length; -1 if there is none, or a malformed one, for which the request is refused. */
    private static long declaredLength(HttpServletRequest clientRequest) {
        try {
            return clientRequest.getContentLengthLong();
        } catch (IllegalArgumentException e) { // from Tomcat over HTTP/2
            return -1;
        }
    }

    /**
     * In HTTP/1 a Content-Length above 0 or a Transfer-Encoding announces a body (RFC 9112 section 6), whether or not
     * something before the servlet has decoded it and removed these fields; in HTTP/2 a request has one unless it ends with
     * its head, or asks for a tunnel: CONNECT has no content (RFC 9110 section 9.3.6), and Jetty would say again and again
     * that there is something to read, but hand out nothing.
     */
    private static boolean isIn(Container container, HttpServletRequest clientRequest, boolean isHttp1, long length)
            throws IOException {
        if (isHttp1) {
            return length > 0
                    || clientRequest.getHeader("Transfer-Encoding") != null
                    || (length < 0 && container.cameWithBody(clientRequest));
        }
        // Whoever waits for 100 Continue is to have a body (RFC 9110 section 10.1.1); Jetty sends that once it is asked
        // for the stream.
        return length != 0
                && !clientRequest.getMethod().equals("CONNECT")
                && (Headers.expectsContinue(clientRequest)
                        || !clientRequest.getInputStream().isFinished()
                        || isFollowedByTrailers(clientRequest));
    }

    /** Null if there is no body. Over HTTP/2, known once {@link #listenFirst} has returned; over HTTP/1, before that. */
    @Nullable
    EntityDetails details() {
        return details;
    }

    /**
     * Registers with the container, unless there is no body, or the client waits for 100 Continue: it gets that once the
     * target's connection wants the body. Called on the container's thread, before anything else runs.
     */
    void listenFirst() throws IOException {
        if (details == null || Headers.expectsContinue(clientRequest)) {
            return;
        }
        listen();
        if (turnsOutEmpty()) {
            details = null;
            sent = true;
        }
    }

    /**
     * Registers with the container, which then tells when there is something to read. This is what asks a client that
     * waits for 100 Continue to begin.
     */
    private void listen() throws IOException {
        ServletInputStream body = clientRequest.getInputStream();
        in = body;
        body.setReadListener(this);
    }

    /**
     * Whether the body is of unknown length and has already ended, as that of a GET in HTTP/2: Jetty reports that only
     * when the body is read. No target must see an empty chunked body then, without trailers.
     */
    private boolean turnsOutEmpty() {
        if (declaredLength < 0 && !isHttp1 && write()) {
            read();
        }
        return over && !chunk.hasRemaining() && !isFollowedByTrailers(clientRequest);
    }

    /** Of a body that has ended: even an empty one is sent then, chunked. */
    private static boolean isFollowedByTrailers(HttpServletRequest clientRequest) {
        return !Trailers.of(clientRequest).isEmpty();
    }

    /**
     * Returns true if the client still waits for 100 Continue, although the target wants the body by now. Then the
     * caller must {@link #ask}, and nobody completes the exchange before it has.
     */
    boolean beginsToAsk() {
        return !discarding && beginsToListen();
    }

    private boolean beginsToListen() {
        if (in != null || over || turn.isTaken() || exchange.hasEnded()) {
            return false;
        }
        turn.take();
        return true;
    }

    /**
     * Reads what is to be thrown away, once the response has been sent: then the host asks the client for nothing. Over
     * HTTP/1, Jetty would, unless some of the body has come all the same; until then, nothing is read.
     *
     * @return as {@link #pumpHere}
     */
    boolean readRest() {
        boolean begins;
        synchronized (exchange) {
            if (skipsUnasked && isUnasked() && !skipUnasked()) {
                return false;
            }
            begins = beginsToListen();
        }
        if (!begins) {
            return pumpHere();
        }
        ask();
        return true;
    }

    /** As {@link #readRest}, if nothing of it has been read yet: its client may have begun to send it by now. */
    void readUnasked() {
        boolean isUnasked;
        synchronized (exchange) {
            isUnasked = isUnasked();
        }
        if (isUnasked) {
            readRest();
        }
    }

    /** Returns whether the client has begun to send. */
    private boolean skipUnasked() {
        if (!turn.isTaken() && !exchange.hasEnded()) {
            received += JettyApi.skipUnasked(clientRequest); // with the monitor, which Jetty knows nothing of
        }
        return received > 0;
    }

    /** Lets the container ask the client for the body. */
    void ask() {
        try {
            listen();
        } catch (IOException | RuntimeException e) {
            cannotBeRead(e);
        } finally {
            if (beginsAnotherTurn(true)) {
                move();
            }
        }
    }

    /** Whether another attempt can send it. */
    boolean canBeSentAgain() {
        return replay.isPossible();
    }

    /** Starts over for another attempt. Only if it can be sent again. */
    void rewind() {
        if (details == null) {
            return;
        }
        target = null;
        sent = false;
        ByteBuffer sentBefore = replay.rewind();
        if (sentBefore != null) {
            chunk = joined(sentBefore, chunk);
            rewinds++;
        }
        exchange.pumpLater(); // the connection that was to continue with it may be gone
    }

    /** In a new buffer, with room for another chunk at its end. */
    private static ByteBuffer joined(ByteBuffer first, ByteBuffer second) {
        return ByteBuffer.allocate(first.remaining() + second.remaining() + CHUNK)
                .put(first.duplicate())
                .put(second.duplicate())
                .flip();
    }

    /** Whether its client waits for 100 Continue, as far as is known. */
    boolean isUnasked() {
        return in == null && !over;
    }

    /** Whether all of it was read, or no more of it is wanted or can be had. */
    boolean isOver() {
        return over;
    }

    /** Whether it was read as far as it is wanted, rather than {@link #abandon abandoned}. */
    boolean wasRead() {
        boolean isUnwanted = discarding && in == null;
        return (over || isUnwanted) && !abandoned;
    }

    /** Whether all of it was sent to the target. */
    boolean isSent() {
        return sent;
    }

    /**
     * Whether the target has ended a response below 300 without having got all of the body that it asked for. Always
     * false towards HTTP/2, where a target may end a stream early by design.
     */
    boolean isCutShort() {
        boolean isIncomplete = declaredLength < 0 || received < declaredLength || chunk.hasRemaining();
        return !sent && !discarding && !toHttp2 && isIncomplete && !isUnasked();
    }

    /** Whether the target waits for the client to send more. */
    boolean awaitsClient() {
        return target != null && !over && !chunk.hasRemaining();
    }

    /** Null unless reading has failed. */
    @Nullable
    IOException readingFailure() {
        return readingFailure;
    }

    /**
     * Returns true once if the body has exceeded its maximum: no target is to get it, and the rest is already being
     * discarded.
     */
    boolean takeTooLarge() {
        boolean was = tooLarge;
        tooLarge = false;
        return was;
    }

    /** Bytes that were read so far. */
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
     * Has the rest read and thrown away: there is a response already, and a client that is still sending would
     * otherwise lose it to a reset (RFC 9112 section 9.6). A client that waits for 100 Continue is not asked to begin,
     * unless its host has done so; over HTTP/1, its connection ends, unless it begins all the same. To be followed by
     * {@link #pump}.
     */
    void discard() {
        if (!over) {
            target = null;
            discarding = true;
            mayNeverCome = in == null;
            over = in == null && isHttp1 && !hostSendsContinue && !skipsUnasked;
        }
    }

    /** Whether nothing of it has come from a client that waited to be asked for it, and has a response instead. */
    boolean mayNeverCome() {
        return mayNeverCome && received == 0;
    }

    /** Gives up the rest: nothing more of it is read. */
    void abandon() {
        readingFailure = null;
        target = null;
        discarding = true;
        abandoned |= !over;
        over = true;
    }

    /** @throws IOException the failure of reading: only if the container sees it, it lets {@link #onError} answer */
    @Override
    public void onDataAvailable() throws IOException {
        exchange.guarded(this::pumpHere);
        if (isReadOffContainer) {
            return;
        }
        IOException broken;
        synchronized (exchange) {
            broken = exchange.hasEnded() ? null : readingFailure;
        }
        if (broken != null) {
            throw broken;
        }
        exchange.guarded(exchange::settle);
    }

    /**
     * Pumps, unless this may be a container thread that must not read: then another thread does, and settles the
     * exchange.
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

    /**
     * Continues on a thread that is not the container's: the target connection's if that has room, else the timer's.
     */
    private void handOver() {
        DataStreamChannel room;
        synchronized (exchange) {
            room = toHttp2 ? null : target; // HttpCore's HTTP/2 may lose a call of requestOutput
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
        exchange.guarded(() -> exchange.requestBroken(cause));
        if (isReadOffContainer) {
            exchange.letOut();
        }
    }

    /**
     * Moves the body until the client has sent no more or the target has no more room; whichever changes first pumps
     * again. If another thread is pumping, that thread goes on instead. One call moves a limited amount, as the calling
     * thread may have others to serve: otherwise one fast upload would keep a reactor or a selector for as long as it
     * takes, and all of its connections would look silent.
     */
    void pump() {
        synchronized (exchange) {
            if (turn.askReader() || in == null) {
                return;
            }
            turn.take();
        }
        move();
    }

    /** Called by the thread that is pumping, without the monitor. */
    private void move() {
        int left = TURN;
        do {
            left = moveChunks(left);
        } while (beginsAnotherTurn(left > 0));
    }

    /** Returns how many more may be moved in this turn. */
    private int moveChunks(int most) {
        int left = most;
        try {
            while (left > 0 && write() && read()) {
                left--;
            }
            return left;
        } catch (RuntimeException | Error e) { // such as an OutOfMemoryError: the exchange must be able to end
            Runnable next;
            synchronized (exchange) {
                next = turn.end();
            }
            if (next != null) {
                next.run();
            }
            throw e;
        }
    }

    /**
     * @param mayGoOn false if the calling thread has had its turn: another one continues soon
     * @return whether the calling thread goes on
     */
    private boolean beginsAnotherTurn(boolean mayGoOn) {
        Runnable next;
        boolean later = false;
        synchronized (exchange) {
            if (mayGoOn && !exchange.hasEnded() && turn.takeAsked()) {
                return true;
            }
            next = turn.end();
            boolean goesOn = !mayGoOn && !exchange.hasEnded();
            if (goesOn && target != null && chunk.hasRemaining()) { // else HTTP/2 may lose this call
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
        return false;
    }

    /** Who reads it. */
    ReadTurn turn() {
        return turn;
    }

    /** Sends what was read. Returns whether there may be more to read, and room for it. */
    private boolean write() {
        synchronized (exchange) {
            if (exchange.hasEnded() || readingFailure != null) {
                return false;
            }
            if (!discarding && chunk.hasRemaining()) {
                if (target == null) {
                    // There is no target yet. Only a reader is told that the client leaves, so as much is read as
                    // there is room for.
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
            replay.begin();
            channel.write(chunk);
            if (chunk.hasRemaining()) {
                channel.requestOutput();
            }
        } catch (IOException | RuntimeException e) {
            // The target takes no more. It may have answered already: its connection's reading side will report that.
            target = null;
            discarding = !replay.isKept();
        }
        replay.add(chunk.array(), begin, chunk.position() - begin);
    }

    private void endAt(DataStreamChannel channel) {
        List<Header> trailers;
        try {
            trailers = Trailers.of(clientRequest);
        } catch (RuntimeException e) {
            cannotBeRead(e);
            return;
        }
        try {
            channel.endStream(trailers);
            sent = true;
            exchange.bodySent();
        } catch (IOException | RuntimeException e) {
            target = null; // as above
        }
    }

    /**
     * Whether the body contradicts its Content-Length. HTTP/2 hosts do not check that, at least not if the body is
     * empty (RFC 9113 section 8.1.1).
     */
    private boolean contradictsLength(boolean hasEnded) {
        return declaredLength >= 0 && (received > declaredLength || (hasEnded && received < declaredLength));
    }

    /**
     * Its rest cannot be read. The exchange finds out when it settles.
     *
     * @param cause of whatever class: hosts throw various ones for a request that they have given up
     */
    void cannotBeRead(Exception cause) {
        synchronized (exchange) {
            readingFailure = abandoned ? null : cause instanceof IOException broken ? broken : new IOException(cause);
        }
    }

    /** As much as the body needs, with one byte more to see its end; at most one chunk. */
    private int firstCapacity() {
        return declaredLength < 0 || declaredLength >= CHUNK ? CHUNK : (int) declaredLength + 1;
    }

    /**
     * Reads once. Returns whether something has come, or the end; if not, the container will call again, unless reading
     * has failed or the body is too large.
     */
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
            cannotBeRead(e);
            return false;
        }
        synchronized (exchange) {
            received += Math.max(0, came);
            if (!over && !discarding && contradictsLength(came < 0)) {
                readingFailure = new EOFException("the body does not have the length that its Content-Length states");
                return false; // the exchange finds out when it settles
            }
            if (came < 0) {
                over = true;
            } else if (!discarding && received > maxBytes) {
                discard();
                tooLarge = true;
                return false; // the exchange finds out when it settles
            } else if (!over && rewinds == rewindsBefore) {
                chunk = next.limit(begin + came).position(unsent);
            } else if (!over) {
                chunk = joined(chunk, ByteBuffer.wrap(next.array(), begin, came));
            }
            over |= endsWithLength && received == declaredLength; // nothing else tells the end as early
        }
        return true;
    }
}
