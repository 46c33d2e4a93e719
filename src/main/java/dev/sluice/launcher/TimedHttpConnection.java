package dev.sluice.launcher;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.NanoTime;
import org.eclipse.jetty.util.thread.TryExecutor;

/** HTTP/1.1 on one connection, which knows for how long its client has been sending a request's head, and takes no cut chunk for the last. */
final class TimedHttpConnection extends HttpConnection {

    private static final byte[] REQUEST_TIMEOUT =
            "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    /** Of a body; a connection has it while it is read. */
    static final int INPUT_BUFFER_BYTES = 32 * 1024;

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
                compliance);
        parser.setHeaderCacheSize(getHttpConfiguration().getHeaderCacheSize());
        parser.setHeaderCacheCaseSensitive(getHttpConfiguration().isHeaderCacheCaseSensitive());
        return parser;
    }

    /** Since when its client is sending a head, of {@link NanoTime}; 0 if it is not. For any thread. */
    private long headBegan() {
        return ((TimedParser) getParser()).headBegan;
    }

    /** Whether a head has taken as long as that. For any thread. */
    boolean isOverdue(long nanos) {
        long began = headBegan();
        return began != 0 && NanoTime.since(began) > nanos;
    }

    /**
     * Ends a connection whose head is overdue. For any thread: who takes the interest in more bytes is the only one to read, and the
     * only one to answer, since there is no request yet. Does nothing while another thread reads.
     */
    void end() {
        ((org.eclipse.jetty.io.AbstractEndPoint) getEndPoint())
                .getFillInterest()
                .onFail(new HeadOverdueException());
    }

    @Override
    public void onFillInterestedFailed(Throwable cause) {
        if (cause instanceof HeadOverdueException) {
            if (headBegan() == 0) {
                fillInterested(); // it has just become whole
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

    /** Notes when a head begins and ends: with its first byte, or that of the empty lines before it (RFC 9112 section 2.2). */
    private static final class TimedParser extends HttpParser {

        private volatile long headBegan;

        TimedParser(RequestHandler handler, int maxHeaderBytes, HttpCompliance compliance) {
            super(handler, maxHeaderBytes, compliance);
        }

        /**
         * Where the client leaves inside the line end behind a chunk Jetty tells its connection of a bad message, and, before that is heard,
         * whoever reads of the body's end.
         */
        @Override
        public boolean parseNext(ByteBuffer buffer) {
            if (isAtEOF() && !buffer.hasRemaining() && isState(State.CHUNK_END)) {
                setState(State.CLOSED);
                getHandler().earlyEOF();
                return false;
            }
            if (headBegan == 0 && inHeaderState() && buffer.hasRemaining()) {
                headBegan = NanoTime.now() | 1; // never 0
            }
            boolean handle = super.parseNext(buffer);
            if (headBegan != 0 && !inHeaderState()) {
                headBegan = 0;
            }
            return handle;
        }
    }

    /** Whoever ends an exchange goes on with its connection: that never waits, so even the timer may. */
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

    /** Makes these connections, as Jetty's own factory makes its. */
    static final class Factory extends HttpConnectionFactory {

        Factory(HttpConfiguration configuration) {
            super(configuration);
        }

        @Override
        public Connection newConnection(Connector connector, EndPoint endPoint) {
            TimedHttpConnection connection = configure(
                    new TimedHttpConnection(getHttpConfiguration(), connector, endPoint), connector, endPoint);
            connection.setInputBufferSize(INPUT_BUFFER_BYTES); // the configuration is HTTP/2's too, which sets its own
            return connection;
        }
    }
}
