package dev.sluice.observe;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who asked, and how, as far as a log of every request wants to know it. Immutable. All of it comes from outside.
 *
 * @param address of its socket, an IPv6 address without brackets
 * @param port of its socket
 * @param scheme {@code http} or {@code https}: how it came to Sluice itself
 * @param authority the Host that it asked for, as it came; empty for none
 * @param host the same without the port: the name, an IPv6 address in brackets
 * @param hostPort the port of that
 * @param cipher of TLS; null without TLS, or where the host does not tell
 * @param headers those fields that were asked for and that it has sent, in the order and spelling in which they were asked for; of several values the first
 */
public record Client(
        String address,
        int port,
        String scheme,
        String authority,
        String host,
        int hostPort,
        @Nullable String cipher,
        Map<String, String> headers) {}
