package dev.sluice.observe;

/**
 * Is told of every request. Called on the threads that requests are served by, many at a time: it must be quick, must not wait, and need not throw,
 * though what it throws is caught.
 */
public interface TransactionObserver {

    /** The request has a rule, and with it a group; from here on it is in flight. Not for those that are refused before. */
    default void routed(Transaction transaction) {}

    /** The exchange has become a tunnel, and stays in flight. */
    default void tunnelled(Transaction transaction) {}

    /** A try of it on a target has come to nothing. On any thread, and, where that is told late, even after the request has {@link #ended}. */
    default void attemptFailed(Transaction transaction, String target, AttemptFailure why) {}

    /** Whether it looks at who the client is, and at the request's identifiers: else nobody finds that out. */
    default boolean wantsClient() {
        return false;
    }

    /** All is over. Exactly once for each request, also for those that were not {@link #routed}. Nothing in it changes any more. */
    void ended(Transaction transaction);
}
