package dev.sluice.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where operators look at Sluice, and who may. Immutable.
 *
 * @param path what all of it is below: begins with a slash, does not end with one, and has no character that could be spelt otherwise
 * @param allowed whose requests are answered; empty for those of this machine only
 * @param token what changes are asked for with; null if none can be made
 */
public record AdminConfiguration(
        String path, List<Cidr> allowed, @Nullable String token) {

    private static final List<Cidr> LOOPBACK = List.of(Cidr.parse("127.0.0.0/8"), Cidr.parse("::1"));

    public AdminConfiguration {
        allowed = List.copyOf(allowed);
    }

    /**
     * Whether requests of this address are answered.
     *
     * @param address as the host gives it; what is no address, as that of a local socket, never is allowed
     */
    public boolean allows(@Nullable String address) {
        return Cidr.anyContains(allowed.isEmpty() ? LOOPBACK : allowed, address);
    }

    /** Whether the address of a proxy is as good as another. Where nobody has said whose requests are answered, its clients are not of this machine. */
    public boolean allowsProxies() {
        return !allowed.isEmpty();
    }

    /** Without the token, which is a secret. */
    @Override
    public String toString() {
        return path + " for " + (allowed.isEmpty() ? LOOPBACK : allowed) + (token == null ? "" : " with a token");
    }
}
