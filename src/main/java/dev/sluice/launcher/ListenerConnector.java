package dev.sluice.launcher;

import dev.sluice.config.ListenerConfiguration;
import dev.sluice.launcher.tls.FileContextFactory;
import java.io.EOFException;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.HTTP2Cipher;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** A port of the listener, for HTTP/1.1 and HTTP/2, with the configured limits. */
final class ListenerConnector extends HttpConnector {

    private final String variable;
    private final Duration headerTimeout;

    private ListenerConnector(
            Server jetty,
            String variable,
            int port,
            ListenerConfiguration configuration,
            ConnectionFactory... protocols) {
        super(jetty, hostOf(configuration), port, protocols);
        this.variable = variable;
        this.headerTimeout = configuration.headerTimeout();
        if (configuration.maxConnections() < Integer.MAX_VALUE) {
            addBean(new ConnectionCeiling(configuration.maxConnections(), this, variable));
        }
    }

    private static @Nullable String hostOf(ListenerConfiguration configuration) {
        return configuration.address() == null ? null : configuration.address().getHostAddress();
    }

    /** In clear text, with HTTP/2 by prior knowledge (RFC 9113 section 3.3). */
    static ListenerConnector cleartext(Server jetty, ListenerConfiguration configuration) {
        HttpConfiguration http = httpConfiguration(configuration.maxHeaderBytes());
        return new ListenerConnector(
                jetty,
                "LISTENER_PORT",
                configuration.port(),
                configuration,
                new TimedHttpConnection.Factory(http),
                adapted(new PriorKnowledge(http)));
    }

    /** Over TLS, with the version of HTTP negotiated by ALPN (RFC 7301). */
    static ListenerConnector tls(
            Server jetty, ListenerConfiguration configuration, int port, FileContextFactory context) {
        HttpConfiguration https = httpConfiguration(configuration.maxHeaderBytes());
        // Does not check the host name: rules ignore it, and a client may use an address or any name of this listener.
        SecureRequestCustomizer secure = new SecureRequestCustomizer(false);
        https.addCustomizer(secure);
        context.setCipherComparator(HTTP2Cipher.COMPARATOR);
        context.setUseCipherSuitesOrder(true);
        ALPNServerConnectionFactory alpn =
                new ALPNServerConnectionFactory("h2", "http/1.1", TimedHttpConnection.HTTP_1_0);
        alpn.setDefaultProtocol("http/1.1");
        return new ListenerConnector(
                jetty,
                "LISTENER_TLS_PORT",
                port,
                configuration,
                new SslConnectionFactory(context, alpn.getProtocol()),
                alpn,
                adapted(new Negotiated(https)),
                new TimedHttpConnection.Factory(https));
    }

    /**
     * Does not offer WebSocket over HTTP/2 (RFC 8441): a browser would not try it over HTTP/1.1, where it becomes a tunnel.
     */
    private static ConnectionFactory adapted(AbstractHTTP2ServerConnectionFactory http2) {
        http2.setConnectProtocolEnabled(false);
        http2.setRateControlFactory(new FloodLimit.Factory(http2.getInitialStreamRecvWindow()));
        return http2;
    }

    /** @throws BindException if the port cannot be bound, with a message for the user that names the variables */
    @Override
    public void open() throws IOException {
        try {
            super.open();
        } catch (BindException e) {
            String address = getHost() == null ? "" : ", LISTENER_ADDRESS=" + getHost();
            BindException refusal = new BindException(variable + "=" + getPort() + address + ": " + e.getMessage());
            refusal.initCause(e);
            throw refusal;
        }
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        if (!headerTimeout.isZero()) {
            new HeaderTimeout(this, headerTimeout).start();
        }
    }

    /** HTTP/2 that ALPN has chosen. */
    private static final class Negotiated extends HTTP2ServerConnectionFactory {

        Negotiated(HttpConfiguration configuration) {
            super(configuration);
        }

        @Override
        protected ServerSessionListener newSessionListener(Connector connector, EndPoint endPoint) {
            return new Streams(this, endPoint);
        }

        /**
         * Ends a request whose stream Jetty has closed by itself: because its body contradicts its Content-Length, for
         * example, or because an interim response could not be sent. Of that, Jetty tells only whoever listens for closed
         * streams; without that, the request would wait for its body until somebody asks.
         */
        private static final class Streams extends HTTPServerSessionListener {

            Streams(HTTP2ServerConnectionFactory http2, EndPoint endPoint) {
                http2.super(endPoint);
            }

            @Override
            public void onClosed(Stream stream) {
                if (stream.isReset() || isForgotten((HTTP2Stream) stream)) {
                    onStreamFailure(stream, new EOFException("The stream was closed"), Callback.NOOP);
                }
            }

            /** Of what fails, and of what has been answered, Jetty tells by itself. */
            private static boolean isForgotten(HTTP2Stream stream) {
                return !stream.isLastDataReceived()
                        && !stream.isResetOrFailed()
                        && stream.getAttachment() instanceof HttpStream response
                        && !response.isCommitted();
            }
        }
    }

    /** A request for an upgrade to h2c, which RFC 9113 section 3.1 deprecates, is served like any other request. */
    private static final class PriorKnowledge extends HTTP2CServerConnectionFactory {

        PriorKnowledge(HttpConfiguration configuration) {
            super(configuration);
            setInputBufferSize(TimedHttpConnection.INPUT_BUFFER_BYTES); // it takes over what HTTP/1.1 has read
        }

        @Override
        protected ServerSessionListener newSessionListener(Connector connector, EndPoint endPoint) {
            return new Negotiated.Streams(this, endPoint);
        }

        @Override
        public @Nullable Connection upgradeConnection(
                Connector connector, EndPoint endPoint, MetaData.Request request, HttpFields.Mutable responseFields) {
            return request.getMethod().equals("PRI")
                    ? super.upgradeConnection(connector, endPoint, request, responseFields)
                    : null;
        }
    }
}
