package dev.sluice.config;

/**
 * One entry of TARGET_GROUP_&lt;N&gt;_TARGETS, {@code hostname:port[/base-uri] [weight=W]}. Immutable.
 *
 * @param hostname a name or an address; an IPv6 address without its brackets
 * @param port 1 to 65535
 * @param basePath what is put in front of every path: empty, or beginning with a slash and not ending with one
 * @param weight of each address that the hostname has: 0 to 1000, 0 for no new requests
 */
public record TargetConfiguration(String hostname, int port, String basePath, int weight) {

    static final int DEFAULT_WEIGHT = 1;
    static final int MAX_WEIGHT = 1000;

    /** The value of the Host header (RFC 9110 section 7.2): an IPv6 address stands in brackets. */
    public String authority() {
        return (hostname.indexOf(':') < 0 ? hostname : "[" + hostname + "]") + ":" + port;
    }
}
