package dev.sluice.config;

import java.time.Duration;

/**
 * How the sessions of a target group stick to their targets. Immutable.
 *
 * @param kind who sets the cookie
 * @param cookieName the name of the cookie; Sluice's own cookies have a different name in each group
 * @param duration how long a session is remembered
 */
public record StickinessConfiguration(Kind kind, String cookieName, Duration duration) {

    /** The kinds of stickiness, as cloud load balancers have them. */
    public enum Kind {
        /** A cookie that Sluice sets and signs. */
        LOAD_BALANCER_COOKIE,
        /** A cookie that the application sets. */
        APPLICATION_COOKIE
    }

    /** Whether Sluice sets and signs the cookie. */
    public boolean isOwnCookie() {
        return kind == Kind.LOAD_BALANCER_COOKIE;
    }
}
