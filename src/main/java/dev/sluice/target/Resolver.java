package dev.sluice.target;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** From a hostname to its addresses. Safe for use by many threads. */
@FunctionalInterface
public interface Resolver {

    /** The system's own, hosts file and all. The JVM keeps an answer for as long as {@code networkaddress.cache.ttl} says. */
    Resolver SYSTEM = hostname -> List.of(InetAddress.getAllByName(hostname));

    /**
     * All addresses of a hostname, IPv4 and IPv6, at least one. Blocks.
     *
     * @throws UnknownHostException if it has none, or nobody answers
     */
    List<InetAddress> resolve(String hostname) throws UnknownHostException;
}
