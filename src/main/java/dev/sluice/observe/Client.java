package dev.sluice.observe;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the access log shows of the client of a request. All of it comes from outside and is not to be trusted.
 * Immutable.
 *
 * @param address of the client's socket, an IPv6 address without brackets
 * @param port of the client's socket
 * @param scheme {@code http} or {@code https}, of the connection to Sluice itself
 * @param authority the Host field, or the authority of an HTTP/2 request without one; empty for none
 * @param host the same without the port, an IPv6 address in brackets
 * @param hostPort the port of the authority
 * @param cipher the TLS cipher suite; null without TLS, or if the host does not provide it
 * @param tlsVersion such as {@code TLSv1.3}; null without TLS, or if the host does not provide it
 * @param headers the configured header fields that the request has, in the order and spelling of the configuration;
 *     several values of a field are joined with commas
 */
public record Client(
        String address,
        int port,
        String scheme,
        String authority,
        String host,
        int hostPort,
        @Nullable String cipher,
        @Nullable String tlsVersion,
        Map<String, String> headers) {}
