package dev.sluice.forward.connection;

import dev.sluice.config.TransportConfiguration;
import dev.sluice.tls.ClientTls;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.nio.ssl.BasicClientTlsStrategy;
import org.apache.hc.core5.http.nio.ssl.TlsStrategy;
import org.apache.hc.core5.http.ssl.TlsCiphers;
import org.apache.hc.core5.net.NamedEndpoint;
import org.apache.hc.core5.reactor.ssl.SSLBufferMode;
import org.apache.hc.core5.reactor.ssl.TlsDetails;
import org.apache.hc.core5.reactor.ssl.TransportSecurityLayer;
import org.apache.hc.core5.ssl.SSLContexts;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * TLS to the targets of one transport configuration. The configured name is sent as SNI. Unless verification is off,
 * the certificate must be for that name or, if an address is configured, for that address. Immutable and thread-safe.
 */
final class TargetTls {

    private static final String HTTP1 = "http/1.1";
    private static final String HTTP2 = "h2";

    private final TransportConfiguration transport;

    private TargetTls(TransportConfiguration transport) {
        this.transport = transport;
    }

    /** @param timer runs short tasks */
    static TlsStrategy of(TransportConfiguration transport, ScheduledExecutorService timer) {
        TargetTls tls = new TargetTls(transport);
        // Buffers exist only while there is something in them: there are many idle connections.
        return new BasicClientTlsStrategy(tls.context(), SSLBufferMode.DYNAMIC, tls::prepare, tls::verify) {
            @Override
            public void upgrade(
                    TransportSecurityLayer connection,
                    NamedEndpoint target,
                    Object attachment,
                    Timeout timeout,
                    FutureCallback<TransportSecurityLayer> callback) {
                super.upgrade(
                        connection,
                        target,
                        attachment,
                        timeout,
                        new HandshakeLimit(connection, timeout, timer, callback));
            }
        };
    }

    private SSLContext context() {
        try {
            List<X509Certificate> authorities = transport.authorities();
            if (!transport.verified()) {
                return ClientTls.trustingAll();
            }
            return authorities == null
                    ? SSLContext.getDefault()
                    : SSLContexts.custom()
                            .loadTrustMaterial(trustStore(authorities), null)
                            .build();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("This JVM has no TLS", e);
        }
    }

    private static KeyStore trustStore(List<X509Certificate> authorities) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry(Integer.toString(i), authorities.get(i));
        }
        return store;
    }

    private void prepare(NamedEndpoint target, SSLEngine engine) {
        SSLParameters parameters = engine.getSSLParameters();
        ClientTls.identify(parameters, target.getHostName(), transport.verified());
        parameters.setApplicationProtocols(new String[] {transport.isHttp2() ? HTTP2 : HTTP1});
        if (transport.isHttp2()) {
            parameters.setCipherSuites(TlsCiphers.excludeH2Blacklisted(parameters.getCipherSuites()));
        }
        engine.setSSLParameters(parameters);
    }

    /** @return null for the engine's own details */
    private @Nullable TlsDetails verify(NamedEndpoint target, SSLEngine engine) throws SSLHandshakeException {
        if (transport.isHttp2() && !HTTP2.equals(engine.getApplicationProtocol())) {
            throw new SSLHandshakeException("the target does not agree on HTTP/2 (ALPN)");
        }
        return null;
    }
}
