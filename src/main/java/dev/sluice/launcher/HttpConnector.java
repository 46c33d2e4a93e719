package dev.sluice.launcher;

import java.io.IOException;
import java.net.BindException;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/** Where an embedded Jetty listens, taking and giving every message as it was sent. {@code jetty-base/} says the same. */
class HttpConnector extends ServerConnector {

    /** A path goes on byte for byte, so what two readers could read differently is for the routing to judge, not for Jetty. */
    private static final UriCompliance BYTE_EXACT = UriCompliance.from(String.join(
            ",",
            "RFC3986",
            "AMBIGUOUS_EMPTY_SEGMENT",
            "AMBIGUOUS_PATH_SEPARATOR",
            "AMBIGUOUS_PATH_ENCODING",
            "AMBIGUOUS_PATH_SEGMENT",
            "AMBIGUOUS_PATH_PARAMETER",
            "BAD_UTF8_ENCODING"));

    static final int DEFAULT_HEADER_BYTES = 32 * 1024;

    /** A target may use up one half. */
    private static final int RESPONSE_HEADER_BYTES = 64 * 1024;

    /**
     * @param host null for every address of the machine
     * @param port 0 for any free one
     * @param protocols the first is what a connection begins with
     */
    HttpConnector(Server jetty, @Nullable String host, int port, ConnectionFactory... protocols) {
        super(jetty, protocols);
        setHost(host);
        setPort(port);
        setAcceptQueueSize(1024);
        // For a client between two requests, or that neither sends nor takes anything in the middle of one.
        // A request that waits for its target is not idle.
        setIdleTimeout(60_000);
    }

    /** HTTP/1.1 in clear text, on the loopback address. */
    static HttpConnector local(Server jetty, int port) {
        return new HttpConnector(
                jetty, "127.0.0.1", port, new HttpConnectionFactory(httpConfiguration(DEFAULT_HEADER_BYTES)));
    }

    /** @param maxHeaderBytes of a request's head */
    static HttpConfiguration httpConfiguration(int maxHeaderBytes) {
        HttpConfiguration http = new HttpConfiguration();
        http.setUriCompliance(BYTE_EXACT);
        // Else a field value becomes an earlier one of the same connection that differs only in case.
        http.setHeaderCacheCaseSensitive(true);
        http.setRequestHeaderSize(maxHeaderBytes);
        http.setMaxResponseHeaderSize(RESPONSE_HEADER_BYTES);
        http.setSendServerVersion(false);
        // A target's Date replaces Jetty's; an answer without one gets it here (RFC 9110 section 6.6.1).
        http.setSendDateHeader(true);
        return http;
    }

    /**
     * Binds the port.
     *
     * @throws BindException if that is impossible, with a message for the user
     */
    @Override
    public void open() throws IOException {
        try {
            super.open();
        } catch (IOException e) {
            String reason = String.valueOf((e.getCause() == null ? e : e.getCause()).getMessage());
            BindException refusal =
                    new BindException(reason.startsWith("Address already in use") ? "the port is in use" : reason);
            refusal.initCause(e);
            throw refusal;
        }
    }
}
