package dev.sluice.forward.connection;

import dev.sluice.config.TransportConfiguration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.apache.hc.core5.concurrent.DefaultThreadFactory;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.DefaultConnectingIOReactor;
import org.apache.hc.core5.reactor.IOReactorConfig;
import org.apache.hc.core5.reactor.IOReactorStatus;
import org.apache.hc.core5.util.TimeValue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reactor, whose threads do the I/O with all targets, and its pools, one for each transport. Safe for use by many
 * threads.
 */
final class Reactor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Reactor.class);

    /** Interval between searches for silent connections: the precision of every time-out towards a target. */
    private static final TimeValue TICK = TimeValue.ofMilliseconds(100);

    private final ScheduledExecutorService timer;
    private final DefaultConnectingIOReactor reactor;
    private final ConnectionPool plain;
    private final Map<TransportConfiguration, ConnectionPool> others = new ConcurrentHashMap<>();

    /** @param timer runs short tasks */
    Reactor(ScheduledExecutorService timer) {
        this.timer = timer;
        this.reactor = new DefaultConnectingIOReactor(
                (session, attachment) -> new TargetConnection(
                        session, attachment == HttpVersionPolicy.FORCE_HTTP_2 ? Http2.on(session) : new Http1(session)),
                IOReactorConfig.custom()
                        .setSelectInterval(TICK)
                        .setTcpNoDelay(true)
                        .build(),
                new DefaultThreadFactory("sluice-reactor", true),
                TargetSession::new,
                e -> LOG.error("The reactor failed", e),
                null,
                session -> session.close(CloseMode.IMMEDIATE));
        this.plain = new ConnectionPool(TransportConfiguration.PLAIN, reactor, timer);
        reactor.start();
    }

    /** The pool for this transport; made if there is none. */
    ConnectionPool to(TransportConfiguration transport) {
        return transport.equals(TransportConfiguration.PLAIN)
                ? plain
                : others.computeIfAbsent(transport, other -> new ConnectionPool(other, reactor, timer));
    }

    /** The pool for this transport; null for none. */
    @Nullable
    ConnectionPool existing(TransportConfiguration transport) {
        return transport.equals(TransportConfiguration.PLAIN) ? plain : others.get(transport);
    }

    /** Lets go of the pools for other transports, except the plain one and those that still have connections. */
    void retain(Set<TransportConfiguration> transports) {
        others.entrySet()
                .removeIf(other ->
                        !transports.contains(other.getKey()) && other.getValue().isEmpty());
    }

    /** How many pools there are. */
    int pools() {
        return 1 + others.size();
    }

    /** False once it has died or been closed: nothing passes through its pools any more. */
    boolean isRunning() {
        return reactor.getStatus() == IOReactorStatus.ACTIVE;
    }

    /** Closes connections whose keep-alive has expired. */
    void closeExpired() {
        forEach(ConnectionPool::closeExpired);
    }

    /** Resets all connections that are in use. Returns when the exchanges on them have been told, which ends them. */
    @Override
    public void close() {
        forEach(ConnectionPool::close);
        reactor.close(CloseMode.GRACEFUL); // resets each connection that is left all the same, see the constructor
    }

    private void forEach(Consumer<ConnectionPool> action) {
        action.accept(plain);
        others.values().forEach(action);
    }
}
