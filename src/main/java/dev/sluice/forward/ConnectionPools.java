package dev.sluice.forward;

import dev.sluice.config.TransportConfiguration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

/** The connections to all targets: the reactor whose threads do their I/O, and a pool for each way to speak to targets. Safe for use by many threads. */
final class ConnectionPools implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionPools.class);

    /** How often silent connections are looked for: the precision of every timeout towards a target. */
    private static final TimeValue TICK = TimeValue.ofMilliseconds(100);

    private final DefaultConnectingIOReactor reactor;
    private final ConnectionPool plain;
    private final Map<TransportConfiguration, ConnectionPool> others = new ConcurrentHashMap<>();

    ConnectionPools() {
        this.reactor = new DefaultConnectingIOReactor(
                (session, attachment) -> attachment == HttpVersionPolicy.FORCE_HTTP_2
                        ? TargetConnection.http2(session)
                        : TargetConnection.http1(session),
                IOReactorConfig.custom()
                        .setSelectInterval(TICK)
                        .setTcpNoDelay(true)
                        .build(),
                new DefaultThreadFactory("sluice-reactor", true),
                TargetSession::new,
                e -> LOG.error("The reactor failed", e),
                null,
                session -> session.close(CloseMode.IMMEDIATE));
        this.plain = new ConnectionPool(TransportConfiguration.PLAIN, reactor);
        reactor.start();
    }

    /** The connections to the targets that are spoken to in this way. */
    ConnectionPool to(TransportConfiguration transport) {
        return transport.equals(TransportConfiguration.PLAIN)
                ? plain
                : others.computeIfAbsent(transport, other -> new ConnectionPool(other, reactor));
    }

    /** Those that there are to the targets that are spoken to in this way; null for none. */
    @Nullable
    ConnectionPool existing(TransportConfiguration transport) {
        return transport.equals(TransportConfiguration.PLAIN) ? plain : others.get(transport);
    }

    /** Lets go of the other pools, for which there are no targets, but for those that have connections still. */
    void retain(Set<TransportConfiguration> transports) {
        others.entrySet()
                .removeIf(other ->
                        !transports.contains(other.getKey()) && other.getValue().isEmpty());
    }

    /** How many pools there are. */
    int size() {
        return 1 + others.size();
    }

    /** False once the reactor has died or was closed: nothing goes through these pools any more. */
    boolean isRunning() {
        return reactor.getStatus() == IOReactorStatus.ACTIVE;
    }

    /** Closes the connections that have been idle for as long as they may be. */
    void closeExpired() {
        forEach(ConnectionPool::closeExpired);
    }

    /** How many connections are leased now, for all targets together. */
    int leased() {
        return plain.leased()
                + others.values().stream().mapToInt(ConnectionPool::leased).sum();
    }

    /** Resets all connections. Returns when those in use have been told, which ends their exchanges. */
    @Override
    public void close() {
        forEach(ConnectionPool::close);
        reactor.close(CloseMode.GRACEFUL); // gracefully resets each connection, see the constructor
    }

    private void forEach(Consumer<ConnectionPool> action) {
        action.accept(plain);
        others.values().forEach(action);
    }
}
