package dev.sluice.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The path of the admin pages, and who may use them. Immutable.
 *
 * @param path the prefix of all admin pages: begins with a slash, does not end with one, and has only slashes and
 *     unreserved characters
 * @param allowed the addresses whose requests are answered; empty for loopback addresses only
 * @param token the token that a request for a change must carry; null if no changes can be made
 */
public record AdminConfiguration(
        String path, List<Cidr> allowed, @Nullable String token) {

    private static final List<Cidr> LOOPBACK = List.of(Cidr.parse("127.0.0.0/8"), Cidr.parse("::1"));

    public AdminConfiguration {
        allowed = List.copyOf(allowed);
    }

    /**
     * Whether requests from this address are answered.
     *
     * @param address as the host reports it; anything that is not an IP address, such as that of a local socket, is not
     *     allowed
     */
    public boolean allows(@Nullable String address) {
        return Cidr.anyContains(allowed.isEmpty() ? LOOPBACK : allowed, address);
    }

    /**
     * Whether requests that came through a proxy are answered. If no addresses are configured they are not: the clients
     * of a proxy on this machine need not be on this machine.
     */
    public boolean allowsProxies() {
        return !allowed.isEmpty();
    }

    /** Omits the token, which is a secret. */
    @Override
    public String toString() {
        return path + " for " + (allowed.isEmpty() ? LOOPBACK : allowed) + (token == null ? "" : " with a token");
    }
}
