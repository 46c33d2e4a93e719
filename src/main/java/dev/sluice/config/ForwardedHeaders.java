package dev.sluice.config;

/** Which header fields tell a target about the client. */
public enum ForwardedHeaders {
    /** X-Forwarded-For, -Proto, -Host and -Port. */
    X_FORWARDED,
    /** Forwarded (RFC 7239). */
    FORWARDED,
    BOTH,
    NONE;

    /** Whether X-Forwarded-For, -Proto, -Host and -Port are set. */
    public boolean includeXForwarded() {
        return this == X_FORWARDED || this == BOTH;
    }

    /** Whether Forwarded is set. */
    public boolean includeForwarded() {
        return this == FORWARDED || this == BOTH;
    }
}
