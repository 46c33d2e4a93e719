package dev.sluice.launcher;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.NanoTime;
import org.eclipse.jetty.util.thread.TryExecutor;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 on one connection. It knows for how long its client has been sending a request's head, does not take a chunk
 * that is cut short for the end of a body, and ignores what a client must not have sent where Jetty would not.
 */
final class TimedHttpConnection extends HttpConnection {

    private static final byte[] REQUEST_TIMEOUT =
            "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    /** The size of the input buffer, which a connection has only while it reads. */
    static final int INPUT_BUFFER_BYTES = 32 * 1024;

    /** The identifier of the older version, which some clients offer alone (RFC 7301 section 6). */
    static final String HTTP_1_0 = "http/1.0";

    private final TryExecutor executor = new InlineExecutor();

    private TimedHttpConnection(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
        super(configuration, connector, endPoint);
    }

    @Override
    protected Executor getExecutor() {
        return executor;
    }

    @Override
    protected HttpParser newHttpParser(HttpCompliance compliance) {
        HttpParser parser = new TimedParser(
                (HttpParser.RequestHandler) super.newHttpParser(compliance).getHandler(),
                getHttpConfiguration().getRequestHeaderSize(),
                compliance,
                getEndPoint() instanceof SslConnection.SslEndPoint client ? client.getSslConnection() : null);
        parser.setHeaderCacheSize(getHttpConfiguration().getHeaderCacheSize());
        parser.setHeaderCacheCaseSensitive(getHttpConfiguration().isHeaderCacheCaseSensitive());
        return parser;
    }

    @Override
    protected HttpStreamOverHTTP1 newHttpStream(String method, String uri, HttpVersion version) {
        return new LenientStream(method, uri, version);
    }

    /**
     * A request and its response. Ignores {@code Upgrade} where {@code Connection} does not name it (RFC 9110 section
     * 7.8), for which Jetty would refuse the request, and {@code Expect} in HTTP/1.0 or without a body to wait for (section
     * 10.1.1), which Jetty would obey.
     */
    private final class LenientStream extends HttpStreamOverHTTP1 {

        private final boolean isHttp10;
        private final List<HttpField> upgrades = new ArrayList<>(0);
        private final List<HttpField> expectations = new ArrayList<>(0);
        private boolean upgradeIsNamed;
        private boolean hasBody;

        LenientStream(String method, String uri, HttpVersion version) {
            super(method, uri, version);
            this.isHttp10 = version == HttpVersion.HTTP_1_0;
        }

        @Override
        public void parsedHeader(HttpField field) {
            HttpHeader name = field.getHeader();
            if (name == HttpHeader.UPGRADE) {
                upgrades.add(field);
            } else if (name == HttpHeader.EXPECT) {
                expectations.add(field);
            } else {
                upgradeIsNamed |= name == HttpHeader.CONNECTION && field.contains("upgrade");
                hasBody |= name == HttpHeader.TRANSFER_ENCODING
                        || (name == HttpHeader.CONTENT_LENGTH
                                && !field.getValue().equals("0"));
                super.parsedHeader(field);
            }
        }

        @Override
        public Runnable headerComplete() {
            if (upgradeIsNamed) {
                upgrades.forEach(super::parsedHeader);
            }
            for (HttpField field : expectations) {
                if (!isHttp10 && (hasBody || !HttpHeaderValue.CONTINUE.is(field.getValue()))) {
                    super.parsedHeader(field);
                }
            }
            return super.headerComplete();
        }
    }

    /** When its client began to send a head, by {@link NanoTime}; 0 if it is not sending one. From any thread. */
    private long headBegan() {
        return ((TimedParser) getParser()).headBegan;
    }

    /** Whether a head has taken longer than that. May be called from any thread. */
    boolean isOverdue(long nanos) {
        long began = headBegan();
        return began != 0 && NanoTime.since(began) > nanos;
    }

    /**
     * Ends a connection whose head is overdue. May be called from any thread: whoever takes the fill interest is the
     * only one to read, and without a request nobody else writes. No-op while another thread reads.
     */
    void end() {
        ((AbstractEndPoint) getEndPoint()).getFillInterest().onFail(new HeadOverdueException());
    }

    @Override
    public void onFillInterestedFailed(Throwable cause) {
        if (cause instanceof HeadOverdueException) {
            if (headBegan() == 0) {
                fillInterested(); // the head has just become complete
            } else {
                getParser().close();
                getEndPoint().write(Callback.from(getEndPoint()::close), ByteBuffer.wrap(REQUEST_TIMEOUT));
            }
        } else {
            super.onFillInterestedFailed(cause);
        }
    }

    private static final class HeadOverdueException extends TimeoutException {

        private static final long serialVersionUID = 1;
    }

    /**
     * Notes when a head begins, with its first byte or that of an empty line before it (RFC 9112 section 2.2), and when
     * it ends. Over TLS that is the first byte of its record, once the handshake is over: nothing can be decrypted before
     * the whole record is there.
     */
    private static final class TimedParser extends HttpParser {

        private final @Nullable SslConnection tls;
        private boolean isEstablished; // whether the handshake was over the last time
        private long encryptedBefore; // bytes that had come by then
        private volatile long headBegan;

        TimedParser(
                RequestHandler handler, int maxHeaderBytes, HttpCompliance compliance, @Nullable SslConnection tls) {
            super(handler, maxHeaderBytes, compliance);
            this.tls = tls;
        }

        /**
         * If the client leaves within the line end after a chunk, Jetty reports a bad message to its connection, but
         * before that takes effect it reports the end of the body to the reader. This reports an early end instead.
         */
        @Override
        public boolean parseNext(ByteBuffer buffer) {
            if (isAtEOF() && !buffer.hasRemaining() && isState(State.CHUNK_END)) {
                setState(State.CLOSED);
                getHandler().earlyEOF();
                return false;
            }
            boolean hasCome = tls != null && hasEncryptedCome(tls);
            if (headBegan == 0 && inHeaderState() && (buffer.hasRemaining() || hasCome)) {
                headBegan = NanoTime.now() | 1; // never 0
            }
            boolean handle = super.parseNext(buffer);
            if (headBegan != 0 && !inHeaderState()) {
                headBegan = 0;
            }
            return handle;
        }

        private boolean hasEncryptedCome(SslConnection from) {
            long before = encryptedBefore;
            boolean wasEstablished = isEstablished;
            encryptedBefore = from.getBytesIn();
            isEstablished =
                    wasEstablished || from.getSSLEngine().getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
            return wasEstablished && encryptedBefore > before;
        }
    }

    /**
     * Lets the thread that ends an exchange go on with the connection. That never blocks, so even the timer's thread
     * may do it.
     */
    private final class InlineExecutor implements TryExecutor {

        private final TryExecutor threads = TryExecutor.asTryExecutor(TimedHttpConnection.super.getExecutor());

        @Override
        public void execute(Runnable task) {
            if (task == TimedHttpConnection.this) {
                run();
            } else {
                threads.execute(task);
            }
        }

        @Override
        public boolean tryExecute(Runnable task) {
            return threads.tryExecute(task);
        }
    }

    /** Creates these connections, as Jetty's own factory creates its own. */
    static final class Factory extends HttpConnectionFactory {

        Factory(HttpConfiguration configuration) {
            super(configuration);
        }

        @Override
        public List<String> getProtocols() {
            return List.of(getProtocol(), HTTP_1_0);
        }

        @Override
        public Connection newConnection(Connector connector, EndPoint endPoint) {
            TimedHttpConnection connection = configure(
                    new TimedHttpConnection(getHttpConfiguration(), connector, endPoint), connector, endPoint);
            connection.setInputBufferSize(INPUT_BUFFER_BYTES); // HTTP/2, with the same configuration, sets its own
            return connection;
        }
    }
}
