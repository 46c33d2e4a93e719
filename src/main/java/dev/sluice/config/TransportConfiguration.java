package dev.sluice.config;

import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a group's targets are spoken to. Immutable.
 *
 * @param authorities whose certificates are trusted; null for those that the JVM trusts. Not looked at without TLS
 * @param verified whether a target must have a certificate that is trusted and has its name. Not looked at without TLS
 */
public record TransportConfiguration(
        Protocol protocol, Version version, @Nullable List<X509Certificate> authorities, boolean verified) {

    /** HTTP/1.1 without TLS. */
    public static final TransportConfiguration PLAIN =
            new TransportConfiguration(Protocol.HTTP, Version.HTTP1, null, true);

    /** What lies beneath. */
    public enum Protocol {
        /** TCP. */
        HTTP,
        /** TLS. */
        HTTPS
    }

    /** How requests are framed. */
    public enum Version {
        /** HTTP/1.1. */
        HTTP1,
        /** HTTP/2: agreed upon in TLS (ALPN), without TLS by prior knowledge (RFC 9113 section 3). */
        HTTP2
    }

    public TransportConfiguration {
        authorities = authorities == null ? null : List.copyOf(authorities);
    }

    public boolean isTls() {
        return protocol == Protocol.HTTPS;
    }

    public boolean isHttp2() {
        return version == Version.HTTP2;
    }
}
