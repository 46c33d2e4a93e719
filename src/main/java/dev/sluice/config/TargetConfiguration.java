package dev.sluice.config;

/**
 * One entry of TARGET_GROUP_&lt;N&gt;_TARGETS: {@code hostname:port[/base-uri] [weight=W]}, or
 * {@code srv+http://service[/base-uri]}, whose hostnames, ports and weights come from DNS. Immutable.
 *
 * @param hostname a name to look up, or an address, an IPv6 address without brackets; for a service, the name of its
 *     SRV records (RFC 2782). No search domains are tried for a name that ends with a dot
 * @param port 1 to 65535; 0 for a service
 * @param basePath prepended to every path: empty, or begins with a slash and does not end with one
 * @param weight the weight of each address of the hostname: 0 to 1000, 0 for no new requests
 */
public record TargetConfiguration(String hostname, int port, String basePath, int weight) {

    static final int DEFAULT_WEIGHT = 1;
    static final int MAX_WEIGHT = 1000;

    /** Whether the hostnames, ports and weights come from SRV records. */
    public boolean isService() {
        return port == 0;
    }

    /**
     * Whether both have the same hostname, ignoring case and a final dot, and the same port. Base path and weight may
     * differ.
     */
    public boolean isAtThePlacesOf(TargetConfiguration other) {
        return spoken(hostname).equalsIgnoreCase(spoken(other.hostname)) && port == other.port;
    }

    /**
     * The name that its targets are told, as in the Host field and in TLS, which know no final dot (RFC 6066 section 3).
     */
    public static String spoken(String hostname) {
        return hostname.endsWith(".") ? hostname.substring(0, hostname.length() - 1) : hostname;
    }

    /** In the syntax of the configuration, without the weight. */
    @Override
    public String toString() {
        return (isService() ? TargetSyntax.SERVICE + hostname : authority(hostname, port)) + basePath;
    }

    /** The value of a Host field (RFC 9110 section 7.2), with an IPv6 address in brackets. */
    public static String authority(String hostname, int port) {
        return (hostname.indexOf(':') < 0 ? hostname : "[" + hostname + "]") + ":" + port;
    }
}
