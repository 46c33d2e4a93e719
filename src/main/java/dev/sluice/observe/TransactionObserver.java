package dev.sluice.observe;

/**
 * Observes every request. Called on the threads that serve requests, on many at once: implementations must be
 * thread-safe and quick, and must not block. They should not throw; exceptions are caught and logged.
 */
public interface TransactionObserver {

    /** The exchange has become a tunnel. It stays in flight. */
    default void tunnelled(Transaction transaction) {}

    /**
     * An attempt has failed because of its target. May be called on any thread, and even after the request has
     * {@link #ended}.
     */
    default void attemptFailed(Transaction transaction, String target, AttemptFailure why) {}

    /**
     * Whether this observer needs the {@link Client} and the request's identifiers. If none does, the client is not
     * determined, and the identifiers only with tracing.
     */
    default boolean wantsClient() {
        return false;
    }

    /**
     * The request has ended. Called exactly once for each request, even a refused one. The record does not change any
     * more.
     */
    void ended(Transaction transaction);
}
