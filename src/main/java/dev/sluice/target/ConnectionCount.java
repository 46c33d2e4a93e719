package dev.sluice.target;

/**
 * The current number of connections to one target. Groups whose targets have the same address and transport share
 * connections.
 *
 * @param leased in use
 * @param idle kept for reuse
 * @param pending requests waiting for a connection
 */
public record ConnectionCount(int leased, int idle, int pending) {

    /** No connections and no pending requests. */
    public static final ConnectionCount NONE = new ConnectionCount(0, 0, 0);

    /** Both together. */
    public ConnectionCount plus(ConnectionCount other) {
        return new ConnectionCount(leased + other.leased, idle + other.idle, pending + other.pending);
    }
}
