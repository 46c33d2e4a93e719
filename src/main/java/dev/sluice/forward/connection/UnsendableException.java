package dev.sluice.forward.connection;

import org.apache.hc.core5.http.ProtocolException;

/** A request that HTTP/2, or HttpCore, does not allow: no target is to be blamed for it. */
public final class UnsendableException extends ProtocolException {

    private static final long serialVersionUID = 1;

    UnsendableException(Exception cause) {
        super(cause.getMessage(), cause);
    }
}
