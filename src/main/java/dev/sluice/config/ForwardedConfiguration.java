package dev.sluice.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What targets are told of who asked and through whom, and who is believed in that. Immutable.
 *
 * @param trustedProxies whose word is passed on; empty for nobody's
 * @param headers what is set
 * @param via whether a message names Sluice as one that has passed it on (RFC 9110 section 7.6.3)
 */
public record ForwardedConfiguration(List<Cidr> trustedProxies, ForwardedHeaders headers, boolean via) {

    /** Unless it is configured otherwise. */
    public static final ForwardedConfiguration DEFAULT =
            new ForwardedConfiguration(List.of(), ForwardedHeaders.X_FORWARDED, false);

    public ForwardedConfiguration {
        trustedProxies = List.copyOf(trustedProxies);
    }

    /**
     * Whether a client of this address is believed.
     *
     * @param address as the host gives it; what is no address, as that of a local socket, never is
     */
    public boolean trusts(@Nullable String address) {
        return Cidr.anyContains(trustedProxies, address);
    }
}
