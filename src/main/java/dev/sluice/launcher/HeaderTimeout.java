package dev.sluice.launcher;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.NegotiatingServerConnection;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Ends those connections of one port whose client takes too long to send a request's head or to complete the TLS
 * handshake, however steadily it sends. Checks all connections once a second, so that a request costs no timer.
 */
final class HeaderTimeout {

    private final ServerConnector connector;
    private final Duration timeout;

    HeaderTimeout(ServerConnector connector, Duration timeout) {
        this.connector = connector;
        this.timeout = timeout;
    }

    /** Runs until the connector's scheduler stops, which it does together with the connector. */
    void start() {
        connector.getScheduler().schedule(this::look, 1, TimeUnit.SECONDS);
    }

    private void look() {
        try {
            connector.getConnectedEndPoints().forEach(this::look);
        } finally {
            start();
        }
    }

    private void look(EndPoint endPoint) {
        Connection connection = endPoint.getConnection();
        if (connection instanceof SslConnection tls) {
            Connection within = tls.getSslEndPoint().getConnection();
            if (within instanceof NegotiatingServerConnection && isOlder(endPoint)) {
                endPoint.close();
            }
            connection = within;
        }
        if (connection instanceof TimedHttpConnection http && http.isOverdue(timeout.toNanos())) {
            http.end();
        }
    }

    private boolean isOlder(EndPoint endPoint) {
        return System.currentTimeMillis() - endPoint.getCreatedTimeStamp() > timeout.toMillis();
    }
}
