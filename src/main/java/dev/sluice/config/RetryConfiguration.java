package dev.sluice.config;

/**
 * How often a request is tried on another target. Immutable.
 *
 * @param attempts how many targets are tried at most; 1 for no retries
 * @param budgetPercent how many retries there may be for a hundred requests, beside a few each second
 * @param onStatus the answers after which another target is tried, rather than passing them on
 */
public record RetryConfiguration(int attempts, int budgetPercent, StatusCodes onStatus) {

    /** Unless it is configured otherwise. */
    public static final RetryConfiguration DEFAULT = new RetryConfiguration(3, 20, StatusCodes.NONE);
}
