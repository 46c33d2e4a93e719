package dev.sluice.target;

import dev.sluice.config.TargetConfiguration;
import java.net.InetAddress;

/**
 * Where a target can be found, as the configuration and DNS say. Immutable.
 *
 * @param hostname of the configuration, or of the SRV record
 * @param weight as {@link TargetConfiguration#weight}
 * @param priority of the SRV record (RFC 2782): those of the least are used while one of them is fit; 0 without SRV
 */
public record Endpoint(String hostname, InetAddress address, int port, int weight, int priority) {

    /** Whether it is the same place: a new weight or priority does not make it another. */
    boolean isAt(Endpoint other) {
        return hostname.equalsIgnoreCase(other.hostname) && address.equals(other.address) && port == other.port;
    }

    Endpoint withWeight(int other) {
        return new Endpoint(hostname, address, port, other, priority);
    }

    /** The value of a Host header (RFC 9110 section 7.2). */
    String authority() {
        return TargetConfiguration.authority(hostname, port);
    }

    /** For people: {@code name:port} and, where that is not the same, its address. */
    @Override
    public String toString() {
        return with("");
    }

    /** The same with a path behind the port. */
    String with(String path) {
        String literal = address.getHostAddress();
        return authority() + path + (literal.equals(hostname) ? "" : " (" + literal + ")");
    }
}
