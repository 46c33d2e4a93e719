package dev.sluice.target;

/**
 * The connections to one target as of now. Groups whose targets are at the same address, and are spoken to in the same way, share them.
 *
 * @param leased in use
 * @param idle kept to be used again
 * @param pending how many requests wait for one
 */
public record ConnectionCount(int leased, int idle, int pending) {

    /** No connection, and nobody who waits for one. */
    public static final ConnectionCount NONE = new ConnectionCount(0, 0, 0);
}
