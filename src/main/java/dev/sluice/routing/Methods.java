package dev.sluice.routing;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a request's method says of how it may be forwarded. */
public final class Methods {

    /** TRACE would reveal to the client how a target sees the request; CONNECT is for forward proxies. */
    private static final Set<String> NEVER_FORWARDED = Set.of("TRACE", "CONNECT");

    /** RFC 9110 section 9.2.2. */
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE");

    /** To some readers, a response to these ends elsewhere than others do. */
    private static final Set<String> WITH_RULES_OF_THEIR_OWN = Set.of("HEAD", "CONNECT", "TRACE");

    private Methods() {}

    /**
     * What is wrong with a method; null for nothing. Methods are case-sensitive (RFC 9110 section 9.1), but some readers
     * ignore case: to those, a response to {@code head} has no body, and ends elsewhere than to others.
     */
    public static @Nullable String fault(String method) {
        boolean isMistakable = !WITH_RULES_OF_THEIR_OWN.contains(method)
                && WITH_RULES_OF_THEIR_OWN.stream().anyMatch(method::equalsIgnoreCase);
        return isMistakable ? "the method differs from HEAD, CONNECT or TRACE only in case" : null;
    }

    /** Whether a request with this method may go to a target. */
    public static boolean mayBeForwarded(String method) {
        return !NEVER_FORWARDED.contains(method);
    }

    /** Whether it does no harm if a request with this method, which may be forwarded, reaches more than one target. */
    public static boolean isIdempotent(String method) {
        return IDEMPOTENT.contains(method);
    }
}
