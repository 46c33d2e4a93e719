package dev.sluice.routing;

import java.util.Set;

/** Which methods no rule is for. */
public final class Methods {

    /** TRACE would show a target's view of the request to whoever asks, CONNECT is for forward proxies. */
    private static final Set<String> NEVER_FORWARDED = Set.of("TRACE", "CONNECT");

    private Methods() {}

    /** Whether a request with this method may go to a target. */
    public static boolean mayBeForwarded(String method) {
        return !NEVER_FORWARDED.contains(method);
    }
}
