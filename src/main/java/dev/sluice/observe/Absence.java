package dev.sluice.observe;

/**
 * Whether something that has series is absent, looked at time after time. What is absent twice in a row is forgotten: a
 * scrape in between has still seen its last values, and one look at what has just changed does no harm. Not
 * thread-safe.
 */
final class Absence {

    private boolean once;

    /** Looks once more. Returns whether it is absent now and was so at the last look. */
    boolean lasts(boolean isThere) {
        boolean lasts = once && !isThere;
        once = !isThere;
        return lasts;
    }
}
