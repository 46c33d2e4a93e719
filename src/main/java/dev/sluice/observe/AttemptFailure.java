package dev.sluice.observe;

import java.util.Locale;

/** Why an attempt failed, if that is due to the target. There are few values, since each may be a metric series. */
public enum AttemptFailure {
    /** Connecting failed. */
    CONNECT,
    /** Connecting timed out. */
    CONNECT_TIMEOUT,
    /**
     * A kept-alive connection was closed before the request was sent or answered, and the request went on over a new
     * one: by itself no sign of trouble.
     */
    CLOSED,
    /** The target closed or reset the connection. */
    BROKEN,
    /** The target sent something that is not valid HTTP. */
    NOT_HTTP,
    /** The target stayed silent for too long. */
    TIMEOUT,
    /** The target had left its group, and its time to finish was over. */
    DEREGISTERED,
    /** The target answered with a status for which another target was tried. */
    STATUS;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The value of the metrics' label. */
    String label() {
        return label;
    }
}
