package dev.sluice.config;

import java.time.Duration;

/**
 * Where requests wait while no target of their group has room. Immutable.
 *
 * @param size how many requests may wait; 0 for none
 * @param timeout how long each request may wait
 */
public record QueueConfiguration(int size, Duration timeout) {

    /** Nobody waits. */
    public static final QueueConfiguration NONE = new QueueConfiguration(0, Duration.ZERO);
}
