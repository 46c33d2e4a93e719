package dev.sluice.config;

/**
 * When and how often a request is retried on another target. Immutable.
 *
 * @param attempts the maximum number of targets to try for one request; 1 for no retries
 * @param budgetPercent the maximum number of retries per hundred recent requests of the group; a few are
 *     always allowed
 * @param onStatus the response statuses for which another target is tried
 */
public record RetryConfiguration(int attempts, int budgetPercent, StatusCodes onStatus) {

    public static final RetryConfiguration DEFAULT = new RetryConfiguration(3, 20, StatusCodes.NONE);
}
