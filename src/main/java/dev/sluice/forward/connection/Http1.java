package dev.sluice.forward.connection;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.util.Objects;
import java.util.concurrent.locks.Lock;
import javax.net.ssl.SSLHandshakeException;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.IncomingEntityDetails;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.apache.hc.core5.http.nio.command.CommandSupport;
import org.apache.hc.core5.http.nio.command.RequestExecutionCommand;
import org.apache.hc.core5.http.nio.command.ShutdownCommand;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.io.SocketTimeoutExceptionFactory;
import org.apache.hc.core5.reactor.Command;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 on one connection to a target, which carries one request at a time (RFC 9112). A response is read into one
 * of {@link BodyBuffers}, head and body together, and parsed there: the connection has a buffer only while something
 * arrives. In clear text it is read once per event, so that one fast response does not monopolise a reactor thread; TLS
 * hands over what it has decrypted.
 *
 * <p>Called by one thread at a time, see {@link TargetConnection}. Only the channel that takes the request's body, and
 * the one that resumes the response's, may be called from any thread.
 */
final class Http1 implements TargetProtocol {

    private static final byte[] NOTHING = {};
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    /** Required by HttpCore's methods; empty. */
    private static final HttpContext CONTEXT = HttpCoreContext.create();

    /**
     * How long a target may take to say whether it wants the body before it gets it anyway (RFC 9110 section 10.1.1).
     */
    private static final Timeout CONTINUE_TIMEOUT = Timeout.ofSeconds(3);

    private final ProtocolIOSession session;
    private final RequestWriter writer;

    private boolean connected; // false until a TLS handshake, if any, is complete
    private @Nullable ExchangeHandler handler; // whose response has not ended; null while the connection is idle
    private @Nullable HttpRequest request; // the handler's
    private @Nullable DataStreamChannel requestBody; // null if the request has none

    /** To be restored: set while 100 Continue is awaited, or the end of a response instead, which has a time of its own. */
    private @Nullable Timeout responseTimeout;

    private byte[] headBegin = NOTHING; // the part of an incomplete head that has been received
    private @Nullable Framing framing; // of the response's body; null before it, and if there is none
    private boolean keepsAlive; // whether the target keeps the connection open after the response
    private boolean mayBeMore; // than was read last, since that has filled its buffer
    private boolean
            isUnfit; // the target closes, and its response ended before the request did: to be reset, not used again
    private boolean hasJustEnded; // over TLS: whether a response has ended, and the target may have sent more
    private int bytesSincePause; // bytes of the body since the last pause
    private boolean readsMuch;
    private @Nullable ByteBuffer reading; // of BodyBuffers; null once it belongs to somebody else
    private volatile @Nullable Pause pause; // written with the session's lock held
    private ByteBuffer afterSwitch = EMPTY;

    Http1(ProtocolIOSession session) {
        this.session = session;
        this.writer = new RequestWriter(session);
    }

    /** Returns what came after the head of a 101, and is no longer HTTP. It belongs to the caller. */
    ByteBuffer takeAfterSwitch() {
        ByteBuffer its = afterSwitch;
        afterSwitch = EMPTY;
        return its;
    }

    @Override
    public boolean isOpen() {
        return session.isOpen();
    }

    /** Whether the last request is complete, so that another can follow if the connection is open. */
    @Override
    public boolean isFitForAnother() {
        return !isUnfit && writer.isComplete();
    }

    @Override
    public void restartTimeout() {
        // the session's own time-out is all there is
    }

    @Override
    public void eventEnds(IOSession io, boolean inUse) {
        // whatever there is to do has been done
    }

    /**
     * Sends a request, as far as there is room.
     *
     * @throws IOException if the connection can no longer be written to
     */
    void begin(RequestExecutionCommand command) throws IOException {
        ExchangeHandler next = (ExchangeHandler) command.getExchangeHandler();
        handler = next;
        try {
            next.produceRequest((head, body, context) -> send(head, body), CONTEXT);
            if (requestBody != null && responseTimeout == null) {
                next.produce(requestBody);
            }
        } catch (HttpException e) {
            fail(e);
            return;
        }
        writer.flush();
    }

    private void send(HttpRequest head, @Nullable EntityDetails body) {
        request = head;
        requestBody = writer.begin(head, body);
        if (body != null && head.containsHeader("Expect")) {
            responseTimeout = session.getSocketTimeout();
            session.setSocketTimeout(CONTINUE_TIMEOUT);
        }
    }

    /**
     * Called when the target has said whether it wants the body, or has had enough time to. A no-op if 100 Continue is
     * not awaited.
     *
     * @param sends whether to send the body now
     */
    private void stopAwaitingContinue(boolean sends) throws IOException {
        if (responseTimeout != null) {
            session.setSocketTimeout(responseTimeout);
            responseTimeout = null;
            if (sends) {
                sendBody();
            }
        }
    }

    private void sendBody() throws IOException {
        if (handler != null && requestBody != null) {
            handler.produce(requestBody);
        }
        writer.flush();
    }

    @Override
    public void connected(IOSession io) {
        connected = true; // whoever has something to send requests output
    }

    @Override
    public void outputReady(IOSession io) throws IOException {
        if (writer.goOn()) {
            sendBody();
        }
        if (hasJustEnded) { // what has come, and TLS has not read yet, comes first in the next event
            hasJustEnded = false;
            if (session.hasCommands()) {
                session.setEvent(SelectionKey.OP_WRITE);
            }
            return;
        }
        while (handler == null && session.isOpen() && session.hasCommands()) {
            follow(session.poll());
        }
    }

    /** @param command one of those that HttpClient issues as it is used here */
    private void follow(@Nullable Command command) throws IOException {
        if (command instanceof RequestExecutionCommand next) {
            begin(next);
        } else if (command instanceof ShutdownCommand shutdown) {
            session.close(shutdown.getType());
        } else if (command != null) {
            command.cancel();
        }
    }

    /** @param decrypted what came over TLS, all of which must be consumed; null if the session is readable */
    @Override
    public void inputReady(IOSession io, @Nullable ByteBuffer decrypted) {
        try {
            do {
                read(decrypted);
            } while (decrypted != null && decrypted.hasRemaining());
        } catch (HttpException | IOException e) {
            fail(e);
        }
    }

    private void read(@Nullable ByteBuffer decrypted) throws HttpException, IOException {
        ByteBuffer bytes = BodyBuffers.take(readsMuch && decrypted == null);
        reading = bytes;
        try {
            bytes.put(headBegin);
            int length = decrypted == null ? session.read(bytes) : move(decrypted, bytes);
            if (length > 0) {
                take(bytes.flip());
            } else if (length < 0) {
                end();
            }
        } finally {
            if (reading != null) {
                BodyBuffers.giveBack(bytes);
                reading = null;
            }
        }
    }

    private static int move(ByteBuffer source, ByteBuffer destination) {
        int length = Math.min(source.remaining(), destination.remaining());
        destination.put(source.slice(source.position(), length));
        source.position(source.position() + length);
        return length;
    }

    /** Called when the target sends nothing more. */
    private void end() throws HttpException, IOException {
        if (handler == null) {
            leave();
        } else if (framing != null) {
            framing.end();
            keepsAlive = false;
            responseEnds(handler, framing);
        } else {
            throw new ConnectionClosedException(
                    headBegin.length > 0 ? "closed within the response's head" : "closed without a response");
        }
    }

    /**
     * Closes the connection, which nobody uses. One that is still being established is left alone: TLS notifies whoever
     * is establishing it.
     */
    private void leave() {
        if (connected) {
            session.close(CloseMode.GRACEFUL);
            CommandSupport.cancelCommands(session);
        }
    }

    private void take(ByteBuffer bytes) throws HttpException, IOException {
        if (handler == null || request == null) {
            throw new ProtocolException("a response without a request");
        }
        mayBeMore = bytes.limit() == bytes.capacity();
        int known = headBegin.length;
        headBegin = NOTHING;
        while (handler != null && framing == null && bytes.hasRemaining()) {
            int end = ResponseHead.end(bytes, known);
            if (end < 0) {
                keepForNext(bytes);
            } else {
                takeHead(handler, ResponseHead.take(bytes, end), bytes);
            }
            known = 0;
        }
        if (handler != null && framing != null) {
            takeBody(handler, framing, bytes);
        }
    }

    private void keepForNext(ByteBuffer bytes) throws ProtocolException {
        if (bytes.remaining() == bytes.capacity()) {
            throw new ProtocolException("the response's head has more than " + bytes.capacity() + " bytes");
        }
        headBegin = new byte[bytes.remaining()];
        bytes.get(headBegin);
    }

    private void takeHead(ExchangeHandler its, HttpResponse head, ByteBuffer behind) throws HttpException, IOException {
        int status = head.getCode();
        if (status == HttpStatus.SC_SWITCHING_PROTOCOLS) {
            afterSwitch = ByteBuffer.allocate(behind.remaining()).put(behind).flip();
            its.consumeInformation(head, CONTEXT);
            forget(); // the connection is now that of whoever has taken it over
        } else if (status < HttpStatus.SC_OK) {
            its.consumeInformation(head, CONTEXT);
            if (status == HttpStatus.SC_CONTINUE) {
                stopAwaitingContinue(true);
            }
        } else {
            takeResponse(its, Objects.requireNonNull(request), head, behind);
        }
    }

    private void takeResponse(ExchangeHandler its, HttpRequest request, HttpResponse head, ByteBuffer behind)
            throws HttpException, IOException {
        boolean hasBody = ResponseHead.hasBody(request.getMethod(), head.getCode());
        long length = hasBody ? DefaultContentLengthStrategy.INSTANCE.determineLength(head) : 0;
        boolean takesBody = head.getCode() < HttpStatus.SC_REDIRECTION;
        boolean mayBeAllThereIs = takesBody && length >= 0; // else the target may be waiting for the body
        try {
            if (!mayBeAllThereIs) {
                stopAwaitingContinue(takesBody);
            }
        } catch (IOException e) {
            takesBody = false; // the response counts
        }
        if (!takesBody) {
            writer.cut();
        }
        keepsAlive = ResponseHead.keepsConnection(head, hasBody);
        if (hasBody) {
            its.consumeResponse(head, new IncomingEntityDetails(head, length), CONTEXT);
            framing = Framing.of(length);
        } else {
            its.consumeResponse(head, null, CONTEXT);
            keepsAlive &= !behind.hasRemaining() && !mayBeMore;
            connectionIsFree();
        }
    }

    private void takeBody(ExchangeHandler its, Framing body, ByteBuffer bytes) throws HttpException, IOException {
        int behind = 0;
        IOException fault = null;
        try {
            behind = body.strip(bytes);
        } catch (IOException e) {
            fault = e;
        }
        int length = bytes.remaining();
        if (length > 0 && its.take(bytes)) {
            reading = null;
        }
        if (fault != null) {
            throw fault;
        }
        bytesSincePause += length;
        if (body.isWhole()) {
            keepsAlive &= behind == 0 && !mayBeMore; // what comes after a response is nobody's
            responseEnds(its, body);
        } else {
            readsMuch = its.clientKeepsUp();
            if (bytesSincePause >= ConnectionPool.WINDOW) {
                bytesSincePause = 0;
                pause(its);
            }
        }
    }

    private void responseEnds(ExchangeHandler its, Framing body) throws HttpException, IOException {
        its.streamEnd(body.trailers());
        connectionIsFree();
    }

    private void connectionIsFree() {
        forget();
        hasJustEnded = session.getTlsDetails() != null;
        Pause last = pause;
        if (last != null) {
            endPause(last);
        }
        isUnfit = !keepsAlive && !writer.isComplete();
        if (!keepsAlive && !isUnfit) {
            session.close(CloseMode.GRACEFUL);
        } // else the handler's end gives it back to the pool, or resets it
    }

    /** Stops reading until the client has taken what there is. */
    private void pause(ExchangeHandler its) throws IOException {
        Pause next = new Pause();
        locked(() -> pause = next);
        its.updateCapacity(next);
        locked(() -> {
            if (pause == next) { // else the client has already taken it
                session.clearEvent(SelectionKey.OP_READ);
            }
        });
    }

    private void endPause(Pause ending) {
        locked(() -> {
            if (pause == ending) {
                pause = null;
                session.setEvent(SelectionKey.OP_READ);
            }
        });
    }

    /** Runs a change while nobody else changes which events the session waits for. */
    private void locked(Runnable change) {
        Lock lock = session.getLock();
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }

    /** A pause in reading. Ends when the client has taken everything; a no-op from then on. */
    private final class Pause implements CapacityChannel {

        @Override
        public void update(int increment) {
            endPause(this);
        }
    }

    @Override
    public void timeout(IOSession io, Timeout timeout) throws IOException {
        if (responseTimeout != null) {
            stopAwaitingContinue(true);
        } else {
            fail(SocketTimeoutExceptionFactory.create(timeout));
        }
    }

    @Override
    public void exception(IOSession io, Exception cause) {
        fail(cause);
    }

    private void fail(Exception cause) {
        failHandler(cause);
        session.close(
                cause instanceof SSLHandshakeException ? CloseMode.GRACEFUL : CloseMode.IMMEDIATE); // lets TLS say why
        CommandSupport.failCommands(session, cause);
    }

    @Override
    public void disconnected(IOSession io) {
        failHandler(new ConnectionClosedException());
        CommandSupport.cancelCommands(session);
    }

    private void failHandler(Exception cause) {
        ExchangeHandler its = handler;
        forget();
        locked(() -> pause = null);
        writer.cut();
        if (its != null) {
            its.failed(cause);
        }
    }

    /** Called when nobody awaits a response any more. */
    private void forget() {
        handler = null;
        request = null;
        requestBody = null;
        framing = null;
        headBegin = NOTHING;
        bytesSincePause = 0;
        readsMuch = false;
    }
}
