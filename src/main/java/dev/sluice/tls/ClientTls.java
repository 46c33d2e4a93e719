package dev.sluice.tls;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.StandardConstants;
import org.apache.hc.core5.net.InetAddressUtils;
import org.apache.hc.core5.ssl.SSLContexts;

/** Settings of the client side of TLS, for connections to targets. Stateless. */
public final class ClientTls {

    private ClientTls() {}

    /**
     * A context that trusts every certificate.
     *
     * @throws IllegalStateException if this JVM has no TLS
     */
    public static SSLContext trustingAll() {
        try {
            return SSLContexts.custom().loadTrustMaterial((chain, type) -> true).build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This JVM has no TLS", e);
        }
    }

    /**
     * Has the target's name sent as SNI (RFC 6066 section 3), unless it is an address.
     *
     * @param verified whether the certificate must be for the name; if not, certificates for other names are accepted
     *     too
     */
    public static void identify(SSLParameters parameters, String name, boolean verified) {
        if (!verified) {
            parameters.setEndpointIdentificationAlgorithm(""); // null would leave it as it is
        }
        if (!InetAddressUtils.isIPv4(name) && !InetAddressUtils.isIPv6(name)) {
            // By itself the JVM sends a name only if it has a dot.
            parameters.setServerNames(List.of(new HostName(name)));
        }
    }

    /** Like the JVM's SNIHostName, but with the underscores that names within Docker and Kubernetes may have. */
    private static final class HostName extends SNIServerName {

        HostName(String name) {
            super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.US_ASCII));
        }
    }
}
