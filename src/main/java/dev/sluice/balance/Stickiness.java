package dev.sluice.balance;

import dev.sluice.config.StickinessConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Enumeration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Keeps the requests of a client session at the target that served the first of them. Safe for use by many threads. */
public interface Stickiness {

    /**
     * Creates the stickiness of one target group.
     *
     * @param secret what signs Sluice's own cookies; not asked for if the group has none
     * @param before that of the group before a reload, whose sessions go on as far as the cookie is the same; null for
     *     none
     * @return null if the group's sessions do not stick
     */
    static @Nullable Stickiness create(
            TargetGroupConfiguration group, Supplier<byte[]> secret, @Nullable Stickiness before) {
        StickinessConfiguration configured = group.stickiness();
        if (configured == null) {
            return null;
        }
        String cookie = configured.cookieName();
        Duration duration = configured.duration();
        InstantSource clock = InstantSource.system();
        return switch (configured.kind()) {
            case LOAD_BALANCER_COOKIE -> new LoadBalancerCookie(cookie, group.name(), secret.get(), duration, clock);
            case APPLICATION_COOKIE ->
                before instanceof ApplicationCookie known
                        ? known.succeededBy(cookie, duration)
                        : new ApplicationCookie(cookie, duration, clock);
        };
    }

    /**
     * The id of a target in sessions. Opaque where clients see it. Stable across restarts as long as the secret, where
     * there is one, is the same.
     */
    String idOf(String target);

    /**
     * Reads the session of a request.
     *
     * @param cookieFields the values of its Cookie fields (RFC 6265 section 4.2)
     */
    Session session(Enumeration<String> cookieFields);

    /** The session of one request. Immutable. */
    interface Session {

        /** The id of the session's target; null if there is no session or its target is not known. */
        @Nullable
        String targetId();

        /**
         * Called when a target has responded.
         *
         * @param setCookieFields the values of the response's Set-Cookie fields
         * @param secure whether the client came over TLS
         * @return the value of a Set-Cookie field to add to the response (RFC 6265 section 4.1); null for none
         */
        @Nullable
        String answeredBy(String targetId, List<String> setCookieFields, boolean secure);
    }
}
