package dev.sluice.config;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * How hostnames are looked up. Immutable.
 *
 * @param resolvers the name servers to query; empty for those of the system
 * @param minTtl how long an answer is used at least, whatever its own time to live
 * @param maxTtl how long an answer is used at most, whatever its own time to live
 */
public record DnsConfiguration(List<InetSocketAddress> resolvers, Duration minTtl, Duration maxTtl) {

    public static final DnsConfiguration DEFAULT =
            new DnsConfiguration(List.of(), Duration.ofSeconds(1), Duration.ofMinutes(1));

    public DnsConfiguration {
        resolvers = List.copyOf(resolvers);
    }
}
