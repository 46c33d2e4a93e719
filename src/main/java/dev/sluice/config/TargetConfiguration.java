package dev.sluice.config;

/**
 * One entry of TARGET_GROUP_&lt;N&gt;_TARGETS: {@code hostname:port[/base-uri] [weight=W]}, or {@code srv+http://service[/base-uri]}
 * whose hostnames, ports and weights are in DNS. Immutable.
 *
 * @param hostname a name or an address, an IPv6 address without its brackets; or the name of a service's SRV records (RFC 2782)
 * @param port 1 to 65535; 0 for a service
 * @param basePath what is put in front of every path: empty, or beginning with a slash and not ending with one
 * @param weight of each address that the hostname has: 0 to 1000, 0 for no new requests
 */
public record TargetConfiguration(String hostname, int port, String basePath, int weight) {

    static final int DEFAULT_WEIGHT = 1;
    static final int MAX_WEIGHT = 1000;

    /** Whether the hostnames, ports and weights are those of SRV records. */
    public boolean isService() {
        return port == 0;
    }

    /** Whether it is found at the same places, whatever is there and how much of it is wanted. */
    public boolean isAtThePlacesOf(TargetConfiguration other) {
        return hostname.equalsIgnoreCase(other.hostname) && port == other.port;
    }

    /** As it is written, but for the weight. */
    @Override
    public String toString() {
        return (isService() ? TargetSyntax.SERVICE + hostname : authority(hostname, port)) + basePath;
    }

    /** The value of a Host header (RFC 9110 section 7.2): an IPv6 address stands in brackets. */
    public static String authority(String hostname, int port) {
        return (hostname.indexOf(':') < 0 ? hostname : "[" + hostname + "]") + ":" + port;
    }
}
