package dev.sluice.forward.connection;

import dev.sluice.config.TransportConfiguration;
import dev.sluice.target.ConnectionCount;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManager;
import org.apache.hc.client5.http.nio.AsyncConnectionEndpoint;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.nio.AsyncClientExchangeHandler;
import org.apache.hc.core5.http.nio.ssl.TlsStrategy;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.pool.PoolStats;
import org.apache.hc.core5.reactor.ConnectionInitiator;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections with one transport, to targets of whichever group: two groups may share one. Uses HttpClient at its
 * connection layer only (lease, connect, execute, release): nothing of HttpClient's own comes between a request and its connection, such as retries,
 * redirects, cookies, decompression or added header fields. Safe for use by many threads.
 *
 * <p>Lease and release may run the callbacks of other requests that wait for a connection, and execute those of the
 * request: call them without holding a lock.
 */
public final class ConnectionPool {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionPool.class);

    /**
     * Bytes of a response that may wait for the client before the target is no longer read. Also the size of one read,
     * unless the client keeps up.
     */
    public static final int WINDOW = 64 * 1024;

    private static final int MAX_CONNECTIONS_PER_TARGET = 16 * 1024;

    /** How long to wait for the lease of a connection that is only to be closed. */
    private static final Timeout CLOSING_LEASE_TIMEOUT = Timeout.ofSeconds(1);

    private final PoolingAsyncClientConnectionManager connections;
    private final ConnectionInitiator reactor;
    private final TlsConfig version;
    private final boolean isHttp2;
    private final String scheme;

    /** @param timer runs short tasks */
    ConnectionPool(TransportConfiguration transport, ConnectionInitiator reactor, ScheduledExecutorService timer) {
        this.reactor = reactor;
        this.isHttp2 = transport.isHttp2();
        this.scheme = transport.isTls() ? "https" : "http";
        this.version = TlsConfig.custom()
                .setVersionPolicy(transport.isHttp2() ? HttpVersionPolicy.FORCE_HTTP_2 : HttpVersionPolicy.FORCE_HTTP_1)
                .build();
        RegistryBuilder<TlsStrategy> tls = RegistryBuilder.create();
        if (transport.isTls()) {
            tls.register("https", TargetTls.of(transport, timer));
        }
        this.connections = new PoolingAsyncClientConnectionManager(
                tls.build(), PoolConcurrencyPolicy.LAX, TimeValue.NEG_ONE_MILLISECOND);
        connections.setDefaultMaxPerRoute(MAX_CONNECTIONS_PER_TARGET);
    }

    /**
     * Leases an idle connection of the route, or the right to {@link #connect} one. The callback may run before this
     * returns.
     */
    public void lease(HttpRoute route, Timeout timeout, FutureCallback<AsyncConnectionEndpoint> callback) {
        connections.lease("", route, null, timeout, callback);
    }

    /**
     * Connects a leased endpoint that is not connected. The callback runs on a reactor thread, or on the timer's, or
     * before this returns.
     *
     * @param timeout for connecting, and again for the whole TLS handshake
     */
    public void connect(
            AsyncConnectionEndpoint endpoint, Timeout timeout, FutureCallback<AsyncConnectionEndpoint> callback) {
        connections.connect(endpoint, reactor, timeout, version, null, callback);
    }

    /**
     * Sends a request on a connected endpoint: on the calling thread as far as that takes it, or else, as always over
     * TLS and HTTP/2, on the reactor's.
     *
     * @throws IllegalStateException if the connection was closed meanwhile
     */
    public void execute(AsyncConnectionEndpoint endpoint, ExchangeHandler request) {
        AsyncClientExchangeHandler handler = isHttp2 ? new Http2Stream(request, scheme) : request;
        unlessClosed(() -> endpoint.execute("", handler, null, HttpCoreContext.create()));
    }

    /**
     * Sets how long the target may stay silent on the connection.
     *
     * @throws IllegalStateException if the connection was closed meanwhile
     */
    public void setTimeout(AsyncConnectionEndpoint endpoint, Timeout timeout) {
        unlessClosed(() -> endpoint.setSocketTimeout(timeout));
    }

    /** HttpClient checks that there is a connection, and then asks once more for it. */
    private static void unlessClosed(Runnable call) {
        try {
            call.run();
        } catch (NullPointerException e) {
            throw new IllegalStateException("The connection was just being closed", e);
        }
    }

    /** Returns a connection to the pool, to be used again within the given time. */
    public void release(AsyncConnectionEndpoint endpoint, TimeValue keepAlive) {
        connections.release(endpoint, null, keepAlive);
    }

    /** Closes a connection at once, with a reset: its target must not take a part of a request for the whole. */
    public void discard(AsyncConnectionEndpoint endpoint) {
        end(endpoint, CloseMode.IMMEDIATE);
    }

    private void end(AsyncConnectionEndpoint endpoint, CloseMode mode) {
        endpoint.close(mode);
        release(endpoint, TimeValue.ZERO_MILLISECONDS);
    }

    /** Closes the idle connections of a route: leases one after another, until it gets one that is not connected. */
    void closeIdle(HttpRoute route) {
        AtomicBoolean more = new AtomicBoolean(true);
        while (more.getAndSet(false)) {
            lease(route, CLOSING_LEASE_TIMEOUT, new FutureCallback<>() {
                @Override
                public void completed(AsyncConnectionEndpoint leased) {
                    more.set(leased.isConnected());
                    end(leased, CloseMode.GRACEFUL);
                }

                @Override
                public void failed(Exception cause) {
                    LOG.debug("Idle connections could not be closed", cause);
                }

                @Override
                public void cancelled() {
                    // the pool is closed, and so are its connections
                }
            });
        }
    }

    /** Closes connections whose keep-alive has expired. */
    void closeExpired() {
        connections.closeExpired();
    }

    /** Whether it has no connection, and no request waits for one. */
    boolean isEmpty() {
        PoolStats stats = connections.getTotalStats();
        return stats.getLeased() + stats.getAvailable() + stats.getPending() == 0;
    }

    /** The connections of one route as of now. */
    ConnectionCount count(HttpRoute route) {
        PoolStats stats = connections.getStats(route);
        return new ConnectionCount(stats.getLeased(), stats.getAvailable(), stats.getPending());
    }

    /**
     * Closes the idle connections, resets the others, and leases no more. Over TLS the idle ones are reset, too, where the
     * reactor ends before TLS has closed them.
     */
    void close() {
        connections.closeIdle(TimeValue.ZERO_MILLISECONDS);
        connections.close(CloseMode.IMMEDIATE);
    }
}
