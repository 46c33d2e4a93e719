package dev.sluice.launcher;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
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

    /** Since when a look has found each client at its handshake, by {@link System#nanoTime}. */
    private Map<EndPoint, Long> handshakes = new HashMap<>();

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
            Map<EndPoint, Long> goingOn = new HashMap<>();
            for (EndPoint endPoint : connector.getConnectedEndPoints()) {
                look(endPoint, goingOn);
            }
            handshakes = goingOn;
        } finally {
            start();
        }
    }

    private void look(EndPoint endPoint, Map<EndPoint, Long> goingOn) {
        Connection connection = endPoint.getConnection();
        if (connection instanceof SslConnection tls) {
            connection = tls.getSslEndPoint().getConnection();
            if (connection instanceof NegotiatingServerConnection && tls.getBytesIn() > 0) {
                long now = System.nanoTime();
                long begun = handshakes.getOrDefault(endPoint, now);
                goingOn.put(endPoint, begun);
                if (now - begun > timeout.toNanos()) {
                    endPoint.close();
                }
            }
        }
        if (connection instanceof TimedHttpConnection http && http.isOverdue(timeout.toNanos())) {
            http.end();
        }
    }
}
