package dev.sluice.launcher;

import java.time.Duration;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.util.NanoTime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How many connections a port has at most: as long as there are as many, further ones wait in the system's queue. */
final class ConnectionCeiling extends NetworkConnectionLimit {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionCeiling.class);

    /** A port that is full is full again with each connection that ends: it is said once in a while. */
    private static final Duration SILENCE = Duration.ofMinutes(1);

    private final String port;
    private long said = NanoTime.now() - SILENCE.toNanos();

    ConnectionCeiling(int maxConnections, Connector connector, String port) {
        super(maxConnections, connector);
        this.port = port;
    }

    /** Under the lock of the limit. */
    @Override
    protected void limit() {
        super.limit();
        if (NanoTime.since(said) >= SILENCE.toNanos()) {
            said = NanoTime.now();
            LOG.warn(
                    "{} has {} connections, as many as MAX_CONNECTIONS says: further ones wait until one ends",
                    port,
                    getMaxNetworkConnectionCount());
        }
    }
}
