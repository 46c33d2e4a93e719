package dev.sluice.launcher;

import java.io.IOException;
import java.net.BindException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/** Where an embedded Jetty listens, taking and giving every message as it was sent. {@code jetty-base/} says the same. */
class HttpConnector extends ServerConnector {

    /** A path goes on byte for byte, so what two readers could read differently is for the routing to judge, not for Jetty. */
    private static final UriCompliance BYTE_EXACT = UriCompliance.from(String.join(
            ",",
            "RFC3986",
            "AMBIGUOUS_EMPTY_SEGMENT",
            "AMBIGUOUS_PATH_SEPARATOR",
            "AMBIGUOUS_PATH_ENCODING",
            "AMBIGUOUS_PATH_SEGMENT",
            "AMBIGUOUS_PATH_PARAMETER",
            "BAD_UTF8_ENCODING"));

    /** To accept: Jetty interrupts it, and with it the connection that it accepts, when the port closes. A selector accepts. */
    private static final int NO_THREAD_OF_ITS_OWN = 0;

    private static final int DEFAULT_SELECTORS = -1;

    /** How long a connection that was accepted may take until it is Jetty's. */
    private static final Duration OPENING_TIMEOUT = Duration.ofSeconds(1);

    /** After a failure to accept. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    static final int DEFAULT_HEADER_BYTES = 32 * 1024;

    /** A target may use up one half. */
    private static final int RESPONSE_HEADER_BYTES = 64 * 1024;

    /** What is written at once of an array. */
    private static final int WRITTEN_AT_ONCE_BYTES = 64 * 1024;

    /** What is longer is written without being copied. */
    private static final int COPIED_BYTES = 8 * 1024;

    private final Opening opening = new Opening();
    private volatile boolean wanted = true; // by whoever limits the number of connections
    private volatile boolean closing;

    /**
     * @param host null for every address of the machine
     * @param port 0 for any free one
     * @param protocols the first is what a connection begins with
     */
    HttpConnector(Server jetty, @Nullable String host, int port, ConnectionFactory... protocols) {
        super(jetty, null, null, null, NO_THREAD_OF_ITS_OWN, DEFAULT_SELECTORS, protocols);
        getSelectorManager().addEventListener(opening);
        setHost(host);
        setPort(port);
        setAcceptQueueSize(1024);
        // For a client between two requests, or that neither sends nor takes anything in the middle of one.
        // A request that waits for its target is not idle.
        setIdleTimeout(60_000);
    }

    /** HTTP/1.1 in clear text, on the loopback address. */
    static HttpConnector local(Server jetty, int port) {
        return new HttpConnector(
                jetty, "127.0.0.1", port, new HttpConnectionFactory(httpConfiguration(DEFAULT_HEADER_BYTES)));
    }

    /** @param maxHeaderBytes of a request's head */
    static HttpConfiguration httpConfiguration(int maxHeaderBytes) {
        HttpConfiguration http = new HttpConfiguration();
        http.setUriCompliance(BYTE_EXACT);
        // Else a field value becomes one that is known and differs only in case.
        http.setHeaderCacheCaseSensitive(true);
        http.setHeaderCacheSize(0); // it would be a table of 100 KB for each connection
        http.setRequestHeaderSize(maxHeaderBytes);
        http.setMaxResponseHeaderSize(RESPONSE_HEADER_BYTES);
        http.setOutputBufferSize(WRITTEN_AT_ONCE_BYTES);
        http.setOutputAggregationSize(COPIED_BYTES);
        http.setSendServerVersion(false);
        // A target's Date replaces Jetty's; an answer without one gets it here (RFC 9110 section 6.6.1).
        http.setSendDateHeader(true);
        return http;
    }

    /**
     * Binds the port.
     *
     * @throws BindException if that is impossible, with a message for the user
     */
    @Override
    public void open() throws IOException {
        try {
            super.open();
        } catch (IOException e) {
            String reason = String.valueOf((e.getCause() == null ? e : e.getCause()).getMessage());
            BindException refusal = new BindException(inOurWords(reason));
            refusal.initCause(e);
            throw refusal;
        }
    }

    private static String inOurWords(String reason) {
        if (reason.startsWith("Address already in use")) {
            return "the port is in use";
        }
        return reason.startsWith("Cannot assign requested address") ? "this machine has no such address" : reason;
    }

    @Override
    protected SelectorManager newSelectorManager(Executor executor, Scheduler scheduler, int selectors) {
        return new ServerConnectorManager(executor, scheduler, selectors) {

            /**
             * The selector goes on for as long as there are any. A failure that got out would close the connection that was
             * accepted last, and come again at once.
             */
            @Override
            protected @Nullable SelectableChannel doAccept(SelectableChannel server) {
                try {
                    return wanted ? super.doAccept(server) : null;
                } catch (IOException e) {
                    pause(e);
                    return null;
                }
            }
        };
    }

    @Override
    protected SocketChannelEndPoint newEndPoint(SocketChannel client, ManagedSelector selector, SelectionKey key) {
        SocketChannelEndPoint endPoint = new WatchedEndPoint(client, selector, key, getScheduler()) {

            /**
             * While Jetty shuts down it has a second's patience with every connection. That is meant for those between two requests: what
             * is in flight would be cut off, over HTTP/2 even what only waits for its target. Jetty asks again after another second. On any
             * thread.
             */
            @Override
            protected void onIdleExpired(TimeoutException timeout) {
                if (!isShutdown() || !isServed(getConnection())) {
                    super.onIdleExpired(timeout);
                }
            }
        };
        endPoint.setIdleTimeout(getIdleTimeout());
        return endPoint;
    }

    /** Whether there is a request on it whose answer is not with the client yet. For any thread. */
    private static boolean isServed(@Nullable Connection connection) {
        if (connection instanceof SslConnection tls) {
            return isServed(tls.getSslEndPoint().getConnection());
        }
        if (connection instanceof HTTP2Connection http2) {
            return http2.getSession().getStreamCount() > 0;
        }
        return connection instanceof HttpConnection http
                && http.getHttpChannel().getRequest() != null;
    }

    /** As when there are no descriptors left: those who connect wait in the system's queue. */
    private void pause(IOException cause) {
        if (!closing) {
            LOG.warn(
                    "Port {} accepts no connections for {} ms: {}", getLocalPort(), PAUSE.toMillis(), cause.toString());
            setAccepting(false);
            getScheduler().schedule(() -> setAccepting(true), PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public synchronized void setAccepting(boolean accepting) {
        wanted = accepting;
        super.setAccepting(accepting && !closing);
    }

    private synchronized void stopAccepting() {
        closing = true;
        super.setAccepting(false);
    }

    @Override
    protected void onEndPointOpened(EndPoint endPoint) {
        super.onEndPointOpened(endPoint);
        opening.ended();
    }

    /**
     * Closes the port. To a client the connections in the system's queue are open ones, with requests under way perhaps, and the
     * closing would reset them: they are taken in first. Returns when all that were accepted are among Jetty's, which only then
     * knows that they have to end.
     */
    @Override
    public void close() {
        stopAccepting();
        super.close();
        if (getTransport() instanceof ServerSocketChannel channel) {
            await(() -> !channel.isRegistered());
            acceptWhatWaitsAndClose(channel);
            await(opening::isOver);
        }
    }

    /** Closed first: else its selector is told nothing any more, and goes on to accept. */
    @Override
    protected void doStop() throws Exception {
        close();
        super.doStop();
    }

    /**
     * Accepts as far as the number of connections is not at its limit. Who connects between the last look and the closing is reset all
     * the same: nothing happens in that moment that could take long, as the loading of a class does.
     */
    private void acceptWhatWaitsAndClose(ServerSocketChannel channel) {
        try (channel) {
            SocketChannel client;
            while (wanted && (client = channel.accept()) != null) {
                take(client);
            }
        } catch (IOException e) {
            LOG.debug("Not all that waited were accepted", e);
        }
    }

    private void take(SocketChannel client) {
        try {
            client.configureBlocking(false);
            configure(client.socket());
            getSelectorManager().accept(client);
        } catch (IOException | RuntimeException e) {
            LOG.debug("It has left already", e);
            IO.close(client);
        }
    }

    private static void await(BooleanSupplier condition) {
        long begin = System.nanoTime();
        while (!condition.getAsBoolean() && System.nanoTime() - begin < OPENING_TIMEOUT.toNanos()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** How many connections are accepted and have no end point yet. Thread-safe. */
    private static final class Opening implements SelectorManager.AcceptListener {

        private final AtomicInteger count = new AtomicInteger();

        @Override
        public void onAccepting(SelectableChannel channel) {
            count.incrementAndGet();
        }

        @Override
        public void onAcceptFailed(SelectableChannel channel, Throwable cause) {
            count.decrementAndGet();
        }

        void ended() {
            count.decrementAndGet();
        }

        boolean isOver() {
            return count.get() <= 0;
        }
    }
}
