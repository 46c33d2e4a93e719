package dev.sluice.launcher;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
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
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.HostPort;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A port of an embedded Jetty, set up so that messages pass as they were sent. {@code jetty-base/} has the same
 * settings.
 */
class HttpConnector extends ServerConnector {

    /**
     * Paths are forwarded byte for byte, so routing judges those that two readers could read differently, rather than
     * Jetty.
     */
    private static final UriCompliance BYTE_EXACT = UriCompliance.from(String.join(
            ",",
            "RFC3986",
            "AMBIGUOUS_EMPTY_SEGMENT",
            "AMBIGUOUS_PATH_SEPARATOR",
            "AMBIGUOUS_PATH_ENCODING",
            "AMBIGUOUS_PATH_SEGMENT",
            "AMBIGUOUS_PATH_PARAMETER",
            "BAD_UTF8_ENCODING"));

    /**
     * No acceptor thread: Jetty interrupts that when the port closes, and with it the connection that it is accepting.
     * A selector accepts instead.
     */
    private static final int NO_THREAD_OF_ITS_OWN = 0;

    /**
     * Half as many as processors. With one for each of two processors, requests on kept-alive connections took 6 % less CPU, but
     * those with a connection of their own a fifth more.
     */
    private static final int DEFAULT_SELECTORS = -1;

    /** How long {@link #close} waits for the selector, and then for accepted connections to get their end points. */
    private static final Duration OPENING_TIMEOUT = Duration.ofSeconds(1);

    /** How long nothing is accepted after a failure to accept. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    static final int DEFAULT_HEADER_BYTES = 32 * 1024;

    /** Twice as much as a target's head may have. */
    private static final int RESPONSE_HEADER_BYTES = 64 * 1024;

    /** How much of an array is written at once. */
    private static final int WRITTEN_AT_ONCE_BYTES = 64 * 1024;

    /** Anything longer is written without being copied. */
    private static final int COPIED_BYTES = 8 * 1024;

    private final Opening opening = new Opening();
    private volatile boolean wanted = true; // whether to accept: false at the limit of connections, or after a failure
    private volatile boolean closing;
    private volatile @Nullable ManagedSelector portSelector; // the one that watches the port; null until it is known

    /**
     * @param host null for all addresses of the machine
     * @param port 0 for any free one
     * @param protocols the first is the one that a connection begins with
     */
    HttpConnector(Server jetty, @Nullable String host, int port, ConnectionFactory... protocols) {
        super(jetty, null, null, null, NO_THREAD_OF_ITS_OWN, DEFAULT_SELECTORS, protocols);
        getSelectorManager().addEventListener(opening);
        setHost(host);
        setPort(port);
        setAcceptQueueSize(1024);
        // Applies to a client between two requests, and to one that neither sends nor reads anything within a request.
        // A request that waits for its target is not idle.
        setIdleTimeout(60_000);
    }

    /** HTTP/1.1 in clear text on the loopback address. */
    static HttpConnector local(Server jetty, int port) {
        return new HttpConnector(
                jetty, "127.0.0.1", port, new HttpConnectionFactory(httpConfiguration(DEFAULT_HEADER_BYTES)));
    }

    /** @param maxHeaderBytes the limit of a request's head */
    static HttpConfiguration httpConfiguration(int maxHeaderBytes) {
        HttpConfiguration http = new HttpConfiguration();
        http.setUriCompliance(BYTE_EXACT);
        // Otherwise Jetty replaces a field value by a known one that differs only in case.
        http.setHeaderCacheCaseSensitive(true);
        http.setHeaderCacheSize(0); // the cache would be a table of 100 KB for each connection
        http.setRequestHeaderSize(maxHeaderBytes);
        http.setMaxResponseHeaderSize(RESPONSE_HEADER_BYTES);
        http.setOutputBufferSize(WRITTEN_AT_ONCE_BYTES);
        http.setOutputAggregationSize(COPIED_BYTES);
        http.setSendServerVersion(false);
        http.addCustomizer(HttpConnector::checkHost);
        // A target's Date replaces Jetty's; a response without one gets it here (RFC 9110 section 6.6.1).
        http.setSendDateHeader(true);
        return http;
    }

    /**
     * Refuses a malformed Host (RFC 9112 section 3.2) beside an {@code :authority}. By itself, Jetty then fails, with
     * status 500 and a stack trace in the log.
     */
    private static Request checkHost(Request request, HttpFields.Mutable responseHeaders) {
        HttpField host = request.getHeaders().getField(HttpHeader.HOST);
        if (host != null && !(host instanceof HostPortHttpField)) { // else it is parsed already
            try {
                new HostPort(host.getValue());
            } catch (IllegalArgumentException e) {
                throw new HttpException.RuntimeException(HttpStatus.BAD_REQUEST_400, "The Host is malformed", e);
            }
        }
        return request;
    }

    /**
     * Binds the port.
     *
     * @throws BindException if it cannot be bound, with a message for the user
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
        if (reason.startsWith("Permission denied")) {
            return "permission denied; a port below 1024 takes a privilege";
        }
        return reason.startsWith("Cannot assign requested address") ? "this machine has no such address" : reason;
    }

    @Override
    protected SelectorManager newSelectorManager(Executor executor, Scheduler scheduler, int selectors) {
        return new ServerConnectorManager(executor, scheduler, selectors) {

            /**
             * The selector calls this until it returns null. An exception would close the connection that was accepted
             * last, and would occur again at once.
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

            /**
             * Begins and ends connections on a selector's thread, since nothing on the way of that blocks, but for a
             * moment when TLS gets a new certificate. Jetty hands both over to other threads, which costs a fifth of a
             * request with a connection of its own.
             */
            @Override
            protected void execute(Runnable task) {
                if (task instanceof ManagedSelector.SelectorUpdate) {
                    task.run(); // a connection's begin, on its selector's thread
                    return;
                }
                List<ManagedSelector> selectors = List.copyOf(getBeans(ManagedSelector.class));
                if (task instanceof Closeable && isRunning() && !selectors.isEmpty()) {
                    // A connection's end, which comes in the middle of something, on any thread.
                    ManagedSelector any =
                            selectors.get(ThreadLocalRandom.current().nextInt(selectors.size()));
                    any.submit(selector -> task.run());
                } else {
                    super.execute(task); // the selector itself
                }
            }
        };
    }

    @Override
    protected SocketChannelEndPoint newEndPoint(SocketChannel client, ManagedSelector selector, SelectionKey key) {
        SocketChannelEndPoint endPoint = new WatchedEndPoint(client, selector, key, getScheduler()) {

            /**
             * While Jetty shuts down, the idle time-out of every connection is a second. That is meant for connections
             * between two requests: it would cut off requests in flight, over HTTP/2 even those that only wait for
             * their target. Jetty calls this again after another second. May be called from any thread.
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

    /** Whether it has a request whose response the client does not have yet. May be called from any thread. */
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

    /** For example when no file descriptors are left: new connections wait in the system's accept queue meanwhile. */
    private void pause(IOException cause) {
        if (!closing) {
            LOG.warn(
                    "Port {} accepts no connections for {} ms: {}", getLocalPort(), PAUSE.toMillis(), cause.toString());
            setAccepting(false);
            getScheduler().schedule(() -> setAccepting(true), PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Begins or ends accepting, at the limit of connections and after a failure. Once the port is closing, this only
     * says whether the connections that wait then are accepted. May be called from any thread.
     *
     * <p>The port stays with its selector, which only ceases to watch it. Jetty itself takes the port from one selector
     * and gives it to the next; if that is the same one, and has not let go of the port yet, Jetty closes it for good.
     */
    @Override
    public void setAccepting(boolean accepting) {
        wanted = accepting;
        ManagedSelector known = portSelector;
        Collection<ManagedSelector> candidates =
                known == null ? getSelectorManager().getBeans(ManagedSelector.class) : List.of(known);
        candidates.forEach(each -> each.submit(selector -> watchPort(each, selector)));
    }

    /** Runs on the thread of the selector, which may be another one than the port's. */
    private void watchPort(ManagedSelector managed, Selector selector) {
        SelectionKey key = getTransport() instanceof ServerSocketChannel port ? port.keyFor(selector) : null;
        if (key != null && key.isValid()) { // else it is not watched here, or is closing
            portSelector = managed;
            key.interestOps(wanted ? SelectionKey.OP_ACCEPT : 0);
        }
    }

    private void stopAccepting() {
        closing = true;
        super.setAccepting(false);
    }

    @Override
    protected void onEndPointOpened(EndPoint endPoint) {
        super.onEndPointOpened(endPoint);
        opening.ended();
    }

    /**
     * Closes the port. Connections in the system's accept queue are open to their clients, perhaps with requests under
     * way, and closing the port would reset them, so they are accepted first. Returns once Jetty has an end point for
     * each accepted connection: only then does it know that it has to end them.
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

    /** Closes the port first: later its selector would not hear of that, and would go on accepting. */
    @Override
    protected void doStop() throws Exception {
        close();
        super.doStop();
    }

    /**
     * Accepts the connections that wait, up to the limit of their number. A client that connects between the last
     * accept and the close is reset all the same: nothing happens in that moment that could take long, such as loading
     * a class.
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
            LOG.debug("A client left before its connection was accepted", e);
            IO.close(client);
        }
    }

    private static void await(BooleanSupplier condition) {
        long begin = System.nanoTime();
        while (!condition.getAsBoolean() && System.nanoTime() - begin < OPENING_TIMEOUT.toNanos()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** Counts the connections that have been accepted but have no end point yet. Thread-safe. */
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
