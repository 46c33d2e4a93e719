package dev.sluice.routing;

import java.util.Set;

/** Says which methods are never forwarded. */
public final class Methods {

    /** TRACE would reveal to the client how a target sees the request; CONNECT is for forward proxies. */
    private static final Set<String> NEVER_FORWARDED = Set.of("TRACE", "CONNECT");

    private Methods() {}

    /** Whether a request with this method may go to a target. */
    public static boolean mayBeForwarded(String method) {
        return !NEVER_FORWARDED.contains(method);
    }
}
