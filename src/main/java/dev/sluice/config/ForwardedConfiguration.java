package dev.sluice.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What targets are told about the client and the proxies before Sluice, and which proxies are trusted to say so.
 * Immutable.
 *
 * @param trustedProxies the proxies whose forwarding header fields are passed on; empty for none
 * @param headers which header fields are set
 * @param via whether Sluice adds itself to the Via field of requests and responses (RFC 9110 section 7.6.3)
 */
public record ForwardedConfiguration(List<Cidr> trustedProxies, ForwardedHeaders headers, boolean via) {

    public static final ForwardedConfiguration DEFAULT =
            new ForwardedConfiguration(List.of(), ForwardedHeaders.X_FORWARDED, false);

    public ForwardedConfiguration {
        trustedProxies = List.copyOf(trustedProxies);
    }

    /**
     * Whether a client with this address is a trusted proxy.
     *
     * @param address as the host reports it; anything that is not an IP address, such as that of a local socket, is not
     *     trusted
     */
    public boolean trusts(@Nullable String address) {
        return Cidr.anyContains(trustedProxies, address);
    }
}
