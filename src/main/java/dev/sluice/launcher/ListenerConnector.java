package dev.sluice.launcher;

import dev.sluice.config.ListenerConfiguration;
import dev.sluice.launcher.tls.FileContextFactory;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.HTTP2Cipher;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.jspecify.annotations.Nullable;

/** A port on which clients are listened to, in HTTP/1.1 and HTTP/2, with its limits. */
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

    /** In clear text; HTTP/2 by prior knowledge (RFC 9113 section 3.3). */
    static ListenerConnector cleartext(Server jetty, ListenerConfiguration configuration) {
        HttpConfiguration http = httpConfiguration(configuration.maxHeaderBytes());
        return new ListenerConnector(
                jetty,
                "LISTENER_PORT",
                configuration.port(),
                configuration,
                new TimedHttpConnection.Factory(http),
                withoutWebSocket(new PriorKnowledge(http)));
    }

    /** In TLS, which also agrees on the version of HTTP (RFC 7301). */
    static ListenerConnector tls(
            Server jetty, ListenerConfiguration configuration, int port, FileContextFactory context) {
        HttpConfiguration https = httpConfiguration(configuration.maxHeaderBytes());
        // Rules do not look at names: a client may come by an address, or by any name that it has for this listener.
        SecureRequestCustomizer secure = new SecureRequestCustomizer(false);
        https.addCustomizer(secure);
        context.setCipherComparator(HTTP2Cipher.COMPARATOR);
        context.setUseCipherSuitesOrder(true);
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory("h2", "http/1.1");
        alpn.setDefaultProtocol("http/1.1");
        return new ListenerConnector(
                jetty,
                "LISTENER_TLS_PORT",
                port,
                configuration,
                new SslConnectionFactory(context, alpn.getProtocol()),
                alpn,
                withoutWebSocket(new HTTP2ServerConnectionFactory(https)),
                new TimedHttpConnection.Factory(https));
    }

    /** A browser that reads that there is WebSocket over HTTP/2 (RFC 8441) does not try it over HTTP/1.1, where it becomes a tunnel. */
    private static ConnectionFactory withoutWebSocket(AbstractHTTP2ServerConnectionFactory http2) {
        http2.setConnectProtocolEnabled(false);
        return http2;
    }

    /** @throws BindException if that is impossible, with the variables, for the user */
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

    /** The upgrade by a header field, which RFC 9113 section 3.1 has given up, is a request like any other. */
    private static final class PriorKnowledge extends HTTP2CServerConnectionFactory {

        PriorKnowledge(HttpConfiguration configuration) {
            super(configuration);
            setInputBufferSize(TimedHttpConnection.INPUT_BUFFER_BYTES); // it is handed what was read as HTTP/1.1
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
