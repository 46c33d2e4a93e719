package dev.sluice.routing;

import java.util.Set;

/** What a request's method says of how it may be forwarded. */
public final class Methods {

    /** TRACE would reveal to the client how a target sees the request; CONNECT is for forward proxies. */
    private static final Set<String> NEVER_FORWARDED = Set.of("TRACE", "CONNECT");

    /** RFC 9110 section 9.2.2. */
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE");

    private Methods() {}

    /** Whether a request with this method may go to a target. */
    public static boolean mayBeForwarded(String method) {
        return !NEVER_FORWARDED.contains(method);
    }

    /** Whether it does no harm if a request with this method, which may be forwarded, reaches more than one target. */
    public static boolean isIdempotent(String method) {
        return IDEMPOTENT.contains(method);
    }
}
