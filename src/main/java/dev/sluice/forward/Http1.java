package dev.sluice.forward;

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
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.IncomingEntityDetails;
import org.apache.hc.core5.http.message.MessageSupport;
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
import org.apache.hc.core5.reactor.IOEventHandler;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 on one connection to a target, which carries one request at a time (RFC 9112). An answer is read into one of {@link BodyBuffers}, head
 * and body together, and taken apart there: a connection has a buffer only while something comes. In clear text it is read once in an
 * event, so that one answer that moves fast does not keep a reactor to itself; TLS hands over what it has decrypted.
 *
 * <p>Called by one thread at a time, see {@link TargetConnection}; but what takes the request's body, and what lets the answer's go on, any may
 * call.
 */
final class Http1 implements IOEventHandler {

    private static final byte[] NOTHING = {};
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    /** HttpCore's methods want one; there is nothing in it. */
    private static final HttpContext CONTEXT = HttpCoreContext.create();

    /** For the word of a target that was asked whether it wants the body, before that comes anyway (RFC 9110 section 10.1.1). */
    private static final Timeout CONTINUE_TIMEOUT = Timeout.ofSeconds(3);

    private final ProtocolIOSession session;
    private final RequestWriter writer;

    private boolean connected; // TLS has its handshake before that
    private @Nullable Attempt attempt; // whose answer has not ended; null while the connection is idle
    private @Nullable HttpRequest request; // that of the attempt
    private @Nullable DataStreamChannel requestBody; // null if it has none
    private @Nullable Timeout responseTimeout; // while 100 Continue is awaited, which has one of its own

    private byte[] headBegin = NOTHING; // what has come of a head that is not whole
    private @Nullable Framing framing; // of the answer's body; null before, and if there is none
    private boolean keepsAlive; // the target, after the answer
    private int taken; // bytes of the body, since it could be waited for last
    private boolean readsMuch;
    private @Nullable ByteBuffer reading; // of BodyBuffers; null if it is somebody else's now
    private volatile @Nullable Pause pause; // written under the session's lock
    private ByteBuffer afterSwitch = EMPTY;

    Http1(ProtocolIOSession session) {
        this.session = session;
        this.writer = new RequestWriter(session);
    }

    /** What has come after the head of a 101, and is not HTTP any more. It is whoever's asks. */
    ByteBuffer takeAfterSwitch() {
        ByteBuffer its = afterSwitch;
        afterSwitch = EMPTY;
        return its;
    }

    /** Whether the last request is complete, so that another can follow if the connection is open. After the event in which its answer has ended. */
    boolean isFitForAnother() {
        return writer.isComplete();
    }

    // ---- the request ----

    /**
     * Sends a request, as far as there is room.
     *
     * @throws IOException if the connection takes nothing any more
     */
    void begin(RequestExecutionCommand command) throws IOException {
        Attempt next = (Attempt) command.getExchangeHandler();
        attempt = next;
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
     * The target has said whether it wants the body, or has had time enough for that.
     *
     * @param sends whether the body is sent now
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
        if (attempt != null && requestBody != null) {
            attempt.produce(requestBody);
        }
        writer.flush();
    }

    @Override
    public void connected(IOSession io) {
        connected = true; // what is to be sent asks for output by itself
    }

    @Override
    public void outputReady(IOSession io) throws IOException {
        if (writer.goOn()) {
            sendBody();
        }
        while (attempt == null && session.isOpen() && session.hasCommands()) {
            follow(session.poll());
        }
    }

    /** @param command one of those that HttpClient gives as it is used here */
    private void follow(@Nullable Command command) throws IOException {
        if (command instanceof RequestExecutionCommand next) {
            begin(next);
        } else if (command instanceof ShutdownCommand shutdown) {
            session.close(shutdown.getType());
        } else if (command != null) {
            command.cancel();
        }
    }

    // ---- the answer ----

    /** @param decrypted what has come over TLS, all of which is to be taken; null if something may be read */
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

    /** The target sends nothing more. */
    private void end() throws HttpException, IOException {
        if (attempt == null) {
            leave();
        } else if (framing != null) {
            framing.end();
            keepsAlive = false;
            responseEnds(attempt, framing);
        } else {
            throw new ConnectionClosedException(
                    headBegin.length > 0 ? "closed inside the answer's head" : "closed instead of answering");
        }
    }

    /** Nobody needs the connection, unless that is still being made: then whoever does that is told by TLS. */
    private void leave() {
        if (connected) {
            session.close(CloseMode.GRACEFUL);
            CommandSupport.cancelCommands(session);
        }
    }

    private void take(ByteBuffer bytes) throws HttpException, IOException {
        if (attempt == null || request == null) {
            throw new ProtocolException("an answer that nobody has asked for");
        }
        int known = headBegin.length;
        headBegin = NOTHING;
        while (attempt != null && framing == null && bytes.hasRemaining()) {
            int end = ResponseHead.end(bytes, known);
            if (end < 0) {
                keepForNext(bytes);
            } else {
                takeHead(attempt, ResponseHead.take(bytes, end), bytes);
            }
            known = 0;
        }
        if (attempt != null && framing != null) {
            takeBody(attempt, framing, bytes);
        }
    }

    private void keepForNext(ByteBuffer bytes) throws ProtocolException {
        if (bytes.remaining() == bytes.capacity()) {
            throw new ProtocolException("the answer's head has more than " + bytes.capacity() + " bytes");
        }
        headBegin = new byte[bytes.remaining()];
        bytes.get(headBegin);
    }

    private void takeHead(Attempt its, HttpResponse head, ByteBuffer behind) throws HttpException, IOException {
        int status = head.getCode();
        if (status == HttpStatus.SC_SWITCHING_PROTOCOLS) {
            afterSwitch = ByteBuffer.allocate(behind.remaining()).put(behind).flip();
            its.consumeInformation(head, CONTEXT);
            forget(); // whoever has taken the connection over has it
        } else if (status < HttpStatus.SC_OK) {
            its.consumeInformation(head, CONTEXT);
            if (status == HttpStatus.SC_CONTINUE) {
                stopAwaitingContinue(true);
            }
        } else {
            takeResponse(its, Objects.requireNonNull(request), head, behind);
        }
    }

    private void takeResponse(Attempt its, HttpRequest request, HttpResponse head, ByteBuffer behind)
            throws HttpException, IOException {
        boolean takesBody = head.getCode() < HttpStatus.SC_REDIRECTION;
        try {
            stopAwaitingContinue(takesBody);
        } catch (IOException e) {
            takesBody = false; // its answer counts
        }
        if (!takesBody) {
            writer.cut();
        }
        keepsAlive = DefaultConnectionReuseStrategy.INSTANCE.keepAlive(request, head, CONTEXT);
        if (MessageSupport.canResponseHaveBody(request.getMethod(), head)) {
            long length = DefaultContentLengthStrategy.INSTANCE.determineLength(head);
            its.consumeResponse(head, new IncomingEntityDetails(head, length), CONTEXT);
            framing = Framing.of(length);
        } else {
            its.consumeResponse(head, null, CONTEXT);
            keepsAlive &= !behind.hasRemaining();
            connectionIsFree();
        }
    }

    private void takeBody(Attempt its, Framing body, ByteBuffer bytes) throws HttpException, IOException {
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
        taken += length;
        if (body.isWhole()) {
            keepsAlive &= behind == 0;
            responseEnds(its, body);
        } else {
            readsMuch = its.clientKeepsUp();
            if (taken >= ConnectionPool.WINDOW) {
                taken = 0;
                pause(its);
            }
        }
    }

    private void responseEnds(Attempt its, Framing body) throws HttpException {
        its.streamEnd(body.trailers());
        connectionIsFree();
    }

    private void connectionIsFree() {
        forget();
        Pause last = pause;
        if (last != null) {
            endPause(last);
        }
        if (!keepsAlive && writer.isComplete()) {
            session.close(CloseMode.GRACEFUL);
        } // else whoever has ended the attempt resets it
    }

    /** Lets the client take what there is, before more is read. */
    private void pause(Attempt its) throws IOException {
        Pause next = new Pause();
        locked(() -> pause = next);
        its.updateCapacity(next);
        locked(() -> {
            if (pause == next) { // else the client has taken it already
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

    /** Runs it while nobody else changes what the session waits for. */
    private void locked(Runnable change) {
        Lock lock = session.getLock();
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }

    /** Ends when the client has taken all there is; then it is of no more use. */
    private final class Pause implements CapacityChannel {

        @Override
        public void update(int increment) {
            endPause(this);
        }
    }

    // ---- what goes wrong ----

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
        failAttempt(cause);
        session.close(
                cause instanceof SSLHandshakeException ? CloseMode.GRACEFUL : CloseMode.IMMEDIATE); // TLS says why
        CommandSupport.failCommands(session, cause);
    }

    @Override
    public void disconnected(IOSession io) {
        failAttempt(new ConnectionClosedException());
        CommandSupport.cancelCommands(session);
    }

    private void failAttempt(Exception cause) {
        Attempt its = attempt;
        forget();
        locked(() -> pause = null);
        writer.cut();
        if (its != null) {
            its.failed(cause);
        }
    }

    /** Nobody awaits an answer. */
    private void forget() {
        attempt = null;
        request = null;
        requestBody = null;
        framing = null;
        headBegin = NOTHING;
        taken = 0;
        readsMuch = false;
    }
}
