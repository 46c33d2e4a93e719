package dev.sluice.config;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The listener's address and ports, and its limits on clients. In a container, which has its own connector, only
 * maxUriBytes applies. Immutable.
 *
 * @param address the local address to listen on; null for all
 * @param port the port for cleartext HTTP; 0 for any free one
 * @param tls null for no TLS port
 * @param maxHeaderBytes the limit on a request's head
 * @param maxUriBytes the limit on a request's path and query together
 * @param headerTimeout how long a client may take for a request's head, from its first byte, or for a TLS handshake;
 *     zero for no limit
 * @param maxConnections the limit on each port; {@link Integer#MAX_VALUE} for no limit
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
     * The TLS port.
     *
     * @param port 0 for any free one
     * @param certificateFile the certificate chain in PEM, the listener's own certificate first
     * @param keyFile the private key of the listener's certificate, in PEM
     */
    public record Tls(int port, Path certificateFile, Path keyFile) {}
}
