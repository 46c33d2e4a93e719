package dev.sluice.config;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * How hostnames are looked up. Immutable.
 *
 * @param resolvers the name servers to ask; empty for those of the system
 * @param minTtl an answer is used for that long at least, whatever its own time to live
 * @param maxTtl and for that long at most
 */
public record DnsConfiguration(List<InetSocketAddress> resolvers, Duration minTtl, Duration maxTtl) {

    public DnsConfiguration {
        resolvers = List.copyOf(resolvers);
    }
}
