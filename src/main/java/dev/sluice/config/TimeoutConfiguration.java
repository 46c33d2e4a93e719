package dev.sluice.config;

import java.time.Duration;

/**
 * For how long nothing may happen. Immutable.
 *
 * @param connection how long a connection to a target may take, and how long a target may stay silent
 * @param streamIdle how long an answer of unknown length may pause; zero for as long as it likes
 * @param tunnelIdle how long nothing may pass through a tunnel, in either direction; zero for as long as it likes
 */
public record TimeoutConfiguration(Duration connection, Duration streamIdle, Duration tunnelIdle) {}
