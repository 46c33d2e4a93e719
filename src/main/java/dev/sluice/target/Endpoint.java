package dev.sluice.target;

import dev.sluice.config.IpAddress;
import dev.sluice.config.TargetConfiguration;
import java.net.InetAddress;

/**
 * Where a target is, according to the configuration and DNS. Immutable.
 *
 * @param hostname from the configuration or the SRV record, without a final dot
 * @param weight as {@link TargetConfiguration#weight}
 * @param priority from the SRV record (RFC 2782): endpoints of the lowest priority value are used while one of them is
 *     fit; 0 without SRV
 */
public record Endpoint(String hostname, InetAddress address, int port, int weight, int priority) {

    /** Whether both have the same hostname, address and port. Weight and priority do not matter. */
    boolean isAt(Endpoint other) {
        return hostname.equalsIgnoreCase(other.hostname) && address.equals(other.address) && port == other.port;
    }

    Endpoint withWeight(int other) {
        return new Endpoint(hostname, address, port, other, priority);
    }

    /** The value of the Host header field (RFC 9110 section 7.2). */
    String authority() {
        return TargetConfiguration.authority(hostname, port);
    }

    /** {@code name:port}, followed by {@code @address} if the name is not the address itself. */
    @Override
    public String toString() {
        return with("");
    }

    /** {@link #toString}, followed by the path. */
    String with(String path) {
        boolean isAddress = address.equals(IpAddress.parse(hostname)); // which IPv6 can write in several ways
        return authority() + (isAddress ? "" : "@" + address.getHostAddress()) + path;
    }
}
