package dev.sluice.observe;

import java.util.Locale;

/** Why a try of a request on a target came to nothing, as far as that is the target's. Few, for each may be a series. */
public enum AttemptFailure {
    /** No connection could be made. */
    CONNECT,
    /** No connection was made in time. */
    CONNECT_TIMEOUT,
    /** A connection that was kept turned out to be closed: no sign of trouble by itself. */
    CLOSED,
    /** The target closed or reset the connection. */
    BROKEN,
    /** What the target sent is not HTTP. */
    NOT_HTTP,
    /** The target stayed silent for too long. */
    TIMEOUT,
    /** The target has left its group, and the time in which it could finish was over. */
    DEREGISTERED,
    /** The target answered with a status for which another one was tried. */
    STATUS;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** As it is among the metrics. */
    String label() {
        return label;
    }
}
