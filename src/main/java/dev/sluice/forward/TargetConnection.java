package dev.sluice.forward;

import dev.sluice.target.KeepAlive;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLSession;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.EndpointDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.ParseException;
import org.apache.hc.core5.http.ProtocolVersion;
import org.apache.hc.core5.http.config.CharCodingConfig;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.BasicHttpTransportMetrics;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.nio.ChunkEncoder;
import org.apache.hc.core5.http.impl.nio.ClientHttp1IOEventHandler;
import org.apache.hc.core5.http.impl.nio.ClientHttp1StreamDuplexer;
import org.apache.hc.core5.http.impl.nio.DefaultHttpRequestWriterFactory;
import org.apache.hc.core5.http.impl.nio.DefaultHttpResponseParserFactory;
import org.apache.hc.core5.http.impl.nio.HttpConnectionEventHandler;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http.message.LazyLaxLineParser;
import org.apache.hc.core5.http.message.LineParser;
import org.apache.hc.core5.http.nio.ContentDecoder;
import org.apache.hc.core5.http.nio.ContentEncoder;
import org.apache.hc.core5.http.nio.NHttpMessageParser;
import org.apache.hc.core5.http.nio.SessionInputBuffer;
import org.apache.hc.core5.http.nio.SessionOutputBuffer;
import org.apache.hc.core5.http.protocol.HttpProcessorBuilder;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.Command;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.util.CharArrayBuffer;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to a target, and what is the same in HTTP/1.1 and HTTP/2: what was read of a body goes on at the end of the
 * event, a short answer in one piece; an answer counts even if its request could not be sent to the end; and nothing that is thrown ends
 * the reactor. In HTTP/1.1 it sees to it too that a chunked request that is cut short never looks whole, nor does an answer's head. Called
 * by the connection's reactor thread, and by whoever begins a request: one at a time.
 */
final class TargetConnection implements HttpConnectionEventHandler {

    private static final Logger LOG = LoggerFactory.getLogger(TargetConnection.class);

    private static final int MAX_HEADERS = 500;
    private static final int MAX_HEADER_LINE = 64 * 1024;

    /** In bytes; each connection has three. Two are for heads, and grow for a longer one, for TLS, and for uploads in chunks. */
    private static final int BUFFER = 2 * 1024;

    /** In one event. */
    private static final int MAX_READS_OF_HEADS = 16;

    private static final Http1Config CONFIG = Http1Config.custom()
            .setBufferSize(BUFFER)
            .setInitialWindowSize(ConnectionPool.WINDOW)
            .setMaxHeaderCount(MAX_HEADERS)
            .setMaxLineLength(MAX_HEADER_LINE)
            .build();

    /** Latin-1 keeps every byte of a header as it came, whatever its author meant by it (RFC 9110 section 5.5). */
    static final CharCodingConfig CHARSET =
            CharCodingConfig.custom().setCharset(StandardCharsets.ISO_8859_1).build();

    /** Reads each field once: HttpCore's own reads a value again each time that it is asked for. */
    private static final LineParser LINES = new LazyLaxLineParser() {
        @Override
        public Header parseHeader(CharArrayBuffer line) throws ParseException {
            Header field = super.parseHeader(line);
            return new BasicHeader(field.getName(), field.getValue());
        }
    };

    private static final DefaultHttpResponseParserFactory PARSERS =
            new DefaultHttpResponseParserFactory(CONFIG, null, LINES);

    /** Whose event the thread handles: a reactor's, or one that begins a request. */
    private static final ThreadLocal<@Nullable TargetConnection> CURRENT = new ThreadLocal<>();

    private final HttpConnectionEventHandler protocol;
    private final @Nullable Http2 http2;
    private volatile @Nullable KeepAlive keepAlive; // of the target that it is used for
    private volatile long idleSince; // in nanoseconds; 0 while it is used

    private final ProtocolIOSession session;
    private final ReentrantLock turn = new ReentrantLock(); // held while an event is handled
    private @Nullable Runnable afterEvent; // guarded by the turn
    private @Nullable BodyDecoder decoder; // of the last answer that has a body
    private final BodyDecoder.Gate gate;
    private boolean headGoesOn; // it is not an answer's whole one, and the last read has brought something
    private int unparsed; // bytes of a head
    private boolean insideHead; // or what is none: something has come that nobody has asked for
    private boolean cutShort; // a request, in chunks: the target waits for more of them
    private ByteBuffer afterSwitch = ByteBuffer.allocate(0);

    private TargetConnection(ProtocolIOSession session, HttpConnectionEventHandler protocol, @Nullable Http2 http2) {
        this.session = session;
        this.gate = new BodyDecoder.Gate(session);
        this.protocol = protocol;
        this.http2 = http2;
    }

    static TargetConnection http1(ProtocolIOSession session) {
        return new TargetConnection(session, new ClientHttp1IOEventHandler(new Http1(session)), null);
    }

    static TargetConnection http2(ProtocolIOSession session) {
        Http2 http2 = Http2.on(session);
        return new TargetConnection(session, http2, http2);
    }

    ProtocolIOSession session() {
        return session;
    }

    /** What has come after the head of a 101, and is not HTTP any more. */
    ByteBuffer afterSwitch() {
        return afterSwitch;
    }

    /** Whether its last request has its end, and nothing came behind the answer. To be asked after that one's event, before anybody else has it. */
    boolean isFitForAnother() {
        return !cutShort && !insideHead;
    }

    /** What reads the answer's body; null in HTTP/2. */
    @Nullable
    BodyDecoder decoder() {
        return decoder;
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
    }

    /** If it is being closed by now, and was idle, then by its target. */
    private void learn() {
        long since = idleSince;
        KeepAlive learning = keepAlive;
        if (since != 0 && learning != null && !isOpen()) {
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
                gate.set(source == null); // TLS brings by itself what there is
                protocol.inputReady(session, source);
                for (int reads = 1; source == null && headGoesOn && isOpen() && reads < MAX_READS_OF_HEADS; reads++) {
                    protocol.inputReady(session, null);
                }
            } finally {
                Attempt.inputPauses();
            }
        });
        learn();
    }

    /**
     * A target that answers 413 and closes resets what comes after: that must not cost its client the answer, unless its body is long, or it comes
     * over TLS.
     */
    @Override
    public void outputReady(IOSession session) throws IOException {
        contain(session, () -> {
            try {
                protocol.outputReady(session);
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
    boolean begin(TargetSession session, Command request) {
        if (http2 != null || turn.isHeldByCurrentThread() || !turn.tryLock()) {
            return false;
        }
        try {
            if (session.hasCommands() || !session.isOpen()) {
                return false;
            }
            session.begin(request);
            session.updateWriteTime();
            outputReady(session);
            if (session.wantsOutput()) {
                outputReady(session);
            }
            session.goOn();
        } catch (IOException e) { // as the reactor does
            session.goOn();
            session.getHandler().exception(session, e);
            session.close(CloseMode.GRACEFUL);
        } finally {
            endTurn(false);
        }
        return true;
    }

    @Override
    public boolean isOpen() {
        return protocol.isOpen();
    }

    @Override
    public void close() throws IOException {
        protocol.close();
    }

    @Override
    public void close(CloseMode mode) {
        protocol.close(mode);
    }

    @Override
    public Timeout getSocketTimeout() {
        return protocol.getSocketTimeout();
    }

    @Override
    public void setSocketTimeout(Timeout timeout) {
        protocol.setSocketTimeout(timeout);
    }

    @Override
    public SSLSession getSSLSession() {
        return protocol.getSSLSession();
    }

    @Override
    public EndpointDetails getEndpointDetails() {
        return protocol.getEndpointDetails();
    }

    @Override
    public ProtocolVersion getProtocolVersion() {
        return protocol.getProtocolVersion();
    }

    @Override
    public SocketAddress getRemoteAddress() {
        return protocol.getRemoteAddress();
    }

    @Override
    public SocketAddress getLocalAddress() {
        return protocol.getLocalAddress();
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

    private static final class Http1 extends ClientHttp1StreamDuplexer {

        Http1(ProtocolIOSession session) {
            super(
                    session,
                    HttpProcessorBuilder.create().build(),
                    CONFIG,
                    CHARSET,
                    DefaultConnectionReuseStrategy.INSTANCE,
                    new WholeHeads(PARSERS.create()),
                    DefaultHttpRequestWriterFactory.INSTANCE.create(),
                    DefaultContentLengthStrategy.INSTANCE,
                    DefaultContentLengthStrategy.INSTANCE,
                    null);
        }

        @Override
        protected ContentDecoder createContentDecoder(
                long length, ReadableByteChannel channel, SessionInputBuffer buffer, BasicHttpTransportMetrics metrics)
                throws HttpException {
            TargetConnection connection = current();
            ContentDecoder framing = length == ContentLengthStrategy.CHUNKED
                    ? new ChunkedDecoder(connection.gate, buffer, metrics, CONFIG)
                    : super.createContentDecoder(length, connection.gate, buffer, metrics);
            BodyDecoder decoder = new BodyDecoder(framing, connection.gate);
            connection.decoder = decoder;
            return decoder;
        }

        @Override
        protected ContentEncoder createContentEncoder(
                long length, WritableByteChannel channel, SessionOutputBuffer buffer, BasicHttpTransportMetrics metrics)
                throws HttpException {
            return length == ContentLengthStrategy.CHUNKED
                    ? new Chunks(current(), channel, buffer, metrics)
                    : super.createContentEncoder(length, channel, buffer, metrics);
        }
    }

    /** HttpCore takes a head whose last line was cut off by the end of the connection for whole. */
    private record WholeHeads(NHttpMessageParser<HttpResponse> parser) implements NHttpMessageParser<HttpResponse> {

        @Override
        public void reset() {
            parser.reset();
        }

        @Override
        public @Nullable HttpResponse parse(SessionInputBuffer buffer, boolean endOfStream)
                throws IOException, HttpException {
            TargetConnection connection = current();
            boolean hasRead = buffer.length() > connection.unparsed;
            connection.headGoesOn = false; // also if it is refused
            HttpResponse head = parser.parse(buffer, false);
            boolean isWhole = head != null
                    && (head.getCode() >= HttpStatus.SC_OK || head.getCode() == HttpStatus.SC_SWITCHING_PROTOCOLS);
            connection.headGoesOn = hasRead && !isWhole;
            connection.unparsed = isWhole ? 0 : buffer.length();
            connection.insideHead = head == null && (hasRead || connection.insideHead);
            if (head == null && endOfStream && buffer.hasData()) {
                throw new ConnectionClosedException("closed inside the answer's head");
            }
            if (head != null && head.getCode() == HttpStatus.SC_SWITCHING_PROTOCOLS) {
                ByteBuffer rest = ByteBuffer.allocate(buffer.length());
                buffer.read(rest);
                connection.afterSwitch = rest.flip();
            }
            return head;
        }
    }

    /**
     * When a target answers with an error before it has the whole request, HttpCore ends the request, and to a target that goes on reading a
     * chunked one would look whole. It gives no trailers then: so a body that is whole is ended with trailers, be it with none. And its chunks
     * would be as short as a connection's buffer.
     */
    private static final class Chunks extends ChunkEncoder {

        private static final int MAX_CHUNK = 8 * 1024;

        /** What is shorter may wait for what comes next, or the end of the event. */
        private static final int WORTH_SENDING = 2 * 1024;

        private final CharArrayBuffer line = new CharArrayBuffer(16);
        private final TargetConnection connection;

        Chunks(
                TargetConnection connection,
                WritableByteChannel channel,
                SessionOutputBuffer buffer,
                BasicHttpTransportMetrics metrics) {
            super(channel, buffer, metrics);
            this.connection = connection;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            assertNotCompleted();
            int begin = source.position();
            boolean hasRoom = flush();
            while (hasRoom && source.hasRemaining()) {
                int length = Math.min(source.remaining(), MAX_CHUNK);
                writeLine(Integer.toHexString(length));
                buffer().write(source.slice(source.position(), length));
                writeLine("");
                source.position(source.position() + length);
                hasRoom = flush();
            }
            return source.position() - begin;
        }

        private void writeLine(String text) throws IOException {
            line.clear();
            line.append(text);
            buffer().writeLine(line);
        }

        /** False if the connection does not take it. */
        private boolean flush() throws IOException {
            if (buffer().length() >= WORTH_SENDING) {
                flushToChannel();
            }
            return buffer().length() < WORTH_SENDING;
        }

        @Override
        public void complete(@Nullable List<? extends Header> trailers) throws IOException {
            if (trailers == null) {
                connection.cutShort = true;
            } else {
                super.complete(trailers);
            }
        }

        @Override
        public boolean isCompleted() {
            return connection.cutShort || super.isCompleted();
        }
    }
}
