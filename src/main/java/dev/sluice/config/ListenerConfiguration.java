package dev.sluice.config;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where clients are listened to, and what of them is borne. A container has a connector of its own, for which only the limit of the
 * URI counts. Immutable.
 *
 * @param address the only one of this machine that is listened on; null for all
 * @param port where HTTP is spoken in clear text, 0 for any free one
 * @param tls null for none
 * @param maxHeaderBytes of a request's head
 * @param maxUriBytes of a request's path and query
 * @param headerTimeout how long a request's head may take from its first byte on, and a TLS handshake; zero for any time
 * @param maxConnections on each port; {@link Integer#MAX_VALUE} for any number
 */
public record ListenerConfiguration(
        @Nullable InetAddress address,
        int port,
        @Nullable Tls tls,
        int maxHeaderBytes,
        int maxUriBytes,
        Duration headerTimeout,
        int maxConnections) {

    /**
     * Where TLS is spoken.
     *
     * @param port 0 for any free one
     * @param certificateFile the chain in PEM, the listener's own certificate first
     * @param keyFile its private key in PEM
     */
    public record Tls(int port, Path certificateFile, Path keyFile) {}
}
