package dev.sluice.config;

import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The protocol of the connections to a group's targets. Immutable.
 *
 * @param authorities the trusted CA certificates; null for those that the JVM trusts. Not used without TLS, or if not
 *     verified
 * @param verified whether a target must have a trusted certificate that matches its name. Not used without TLS
 */
public record TransportConfiguration(
        Protocol protocol, Version version, @Nullable List<X509Certificate> authorities, boolean verified) {

    /** HTTP/1.1 without TLS. */
    public static final TransportConfiguration PLAIN =
            new TransportConfiguration(Protocol.HTTP, Version.HTTP1, null, true);

    /** The protocol below HTTP. */
    public enum Protocol {
        /** TCP. */
        HTTP,
        /** TLS. */
        HTTPS
    }

    /** The version of HTTP. */
    public enum Version {
        /** HTTP/1.1. */
        HTTP1,
        /** HTTP/2: negotiated by ALPN over TLS, by prior knowledge without TLS (RFC 9113 section 3). */
        HTTP2
    }

    public TransportConfiguration {
        authorities = authorities == null ? null : List.copyOf(authorities);
    }

    /** Whether the connections use TLS. */
    public boolean isTls() {
        return protocol == Protocol.HTTPS;
    }

    /** Whether requests are sent over HTTP/2, with or without TLS. */
    public boolean isHttp2() {
        return version == Version.HTTP2;
    }
}
