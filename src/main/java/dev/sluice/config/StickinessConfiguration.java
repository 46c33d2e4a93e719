package dev.sluice.config;

import java.time.Duration;

/**
 * How a target group's sessions stay where they are. Immutable.
 *
 * @param kind whose cookie it is
 * @param cookieName its name; those of the load balancer's own differ from group to group
 * @param duration for which a session is remembered
 */
public record StickinessConfiguration(Kind kind, String cookieName, Duration duration) {

    /** The two kinds of stickiness that a cloud load balancer has. */
    public enum Kind {
        /** A cookie that Sluice sets and signs. */
        LOAD_BALANCER_COOKIE,
        /** A cookie that the application sets. */
        APPLICATION_COOKIE
    }
}
