package dev.sluice.forward;

import dev.sluice.config.TransportConfiguration;
import dev.sluice.target.ConnectionCount;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManager;
import org.apache.hc.client5.http.nio.AsyncConnectionEndpoint;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.nio.ssl.TlsStrategy;
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
 * The connections to all targets that are spoken to in one way. HttpClient is used at its connection layer (lease, connect, execute,
 * release): nothing of its own comes between a request and its connection, no retries, redirects, cookies, decompression or added headers.
 * Safe for use by many threads.
 *
 * <p>Lease and release may run the callbacks of other requests that wait for a connection: call them without holding a lock.
 */
final class ConnectionPool {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionPool.class);

    /**
     * How far the answer of a target may run ahead of its client before no more is read, and how much of it is read at a time, unless the
     * client keeps up; in bytes.
     */
    static final int WINDOW = 64 * 1024;

    private static final int MAX_CONNECTIONS_PER_TARGET = 16 * 1024;

    /** To lease one that is to be closed. */
    private static final Timeout ENOUGH = Timeout.ofSeconds(1);

    private final PoolingAsyncClientConnectionManager connections;
    private final ConnectionInitiator reactor;
    private final TlsConfig version;

    ConnectionPool(TransportConfiguration transport, ConnectionInitiator reactor) {
        this.reactor = reactor;
        this.version = TlsConfig.custom()
                .setVersionPolicy(transport.isHttp2() ? HttpVersionPolicy.FORCE_HTTP_2 : HttpVersionPolicy.FORCE_HTTP_1)
                .build();
        RegistryBuilder<TlsStrategy> tls = RegistryBuilder.create();
        if (transport.isTls()) {
            tls.register("https", TargetTls.of(transport));
        }
        this.connections = new PoolingAsyncClientConnectionManager(
                tls.build(), PoolConcurrencyPolicy.LAX, TimeValue.NEG_ONE_MILLISECOND);
        connections.setDefaultMaxPerRoute(MAX_CONNECTIONS_PER_TARGET);
    }

    /** Leases an idle connection of the route, or the right to {@link #connect} one. The callback may run before this returns. */
    void lease(HttpRoute route, Timeout timeout, FutureCallback<AsyncConnectionEndpoint> callback) {
        connections.lease("", route, null, timeout, callback);
    }

    /**
     * Connects a leased endpoint that is not. The callback runs on a reactor thread or before this returns.
     *
     * @param timeout for the connection, and for its TLS
     */
    void connect(AsyncConnectionEndpoint endpoint, Timeout timeout, FutureCallback<AsyncConnectionEndpoint> callback) {
        connections.connect(endpoint, reactor, timeout, version, null, callback);
    }

    /** Gives a connection back, to be used again within that time. */
    void release(AsyncConnectionEndpoint endpoint, TimeValue keepAlive) {
        connections.release(endpoint, null, keepAlive);
    }

    /** Closes a connection at once, with a reset: its target must not take what it got for the whole. */
    void discard(AsyncConnectionEndpoint endpoint) {
        endpoint.close(CloseMode.IMMEDIATE);
        connections.release(endpoint, null, TimeValue.ZERO_MILLISECONDS);
    }

    /** Closes the idle connections of a route: leases one after another, until it gets one that is not made yet. */
    void closeIdle(HttpRoute route) {
        AtomicBoolean more = new AtomicBoolean(true);
        while (more.getAndSet(false)) {
            lease(route, ENOUGH, new FutureCallback<>() {
                @Override
                public void completed(AsyncConnectionEndpoint leased) {
                    more.set(leased.isConnected());
                    discard(leased);
                }

                @Override
                public void failed(Exception cause) {
                    LOG.debug("Idle connections could not be closed", cause);
                }

                @Override
                public void cancelled() {
                    // the pool is closed, and so are they
                }
            });
        }
    }

    /** Closes the connections that have been idle for as long as they may be. */
    void closeExpired() {
        connections.closeExpired();
    }

    /** How many connections are leased now, for all its targets together. */
    int leased() {
        return connections.getTotalStats().getLeased();
    }

    /** Whether it has no connection, and nobody waits for one. */
    boolean isEmpty() {
        PoolStats stats = connections.getTotalStats();
        return stats.getLeased() + stats.getAvailable() + stats.getPending() == 0;
    }

    /** Those of one route. */
    ConnectionCount count(HttpRoute route) {
        PoolStats stats = connections.getStats(route);
        return new ConnectionCount(stats.getLeased(), stats.getAvailable(), stats.getPending());
    }

    /** Resets those that are idle, and gives no more. */
    void close() {
        connections.close(CloseMode.IMMEDIATE);
    }
}
