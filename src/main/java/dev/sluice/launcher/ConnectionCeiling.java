package dev.sluice.launcher;

import java.time.Duration;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.util.NanoTime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Limits the connections of one port: while the limit is reached, further ones wait in the system's accept queue. */
final class ConnectionCeiling extends NetworkConnectionLimit {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionCeiling.class);

    /** The least time between two warnings: a full port is full again soon after each connection that ends. */
    private static final Duration SILENCE = Duration.ofMinutes(1);

    private final String port;
    private long said = NanoTime.now() - SILENCE.toNanos();

    ConnectionCeiling(int maxConnections, Connector connector, String port) {
        super(maxConnections, connector);
        this.port = port;
    }

    /** Called with the lock of the limit held. */
    @Override
    protected void limit() {
        super.limit();
        if (NanoTime.since(said) >= SILENCE.toNanos()) {
            said = NanoTime.now();
            LOG.warn(
                    "{} has {} connections, the limit of MAX_CONNECTIONS: further ones wait until one ends",
                    port,
                    getMaxNetworkConnectionCount());
        }
    }
}
