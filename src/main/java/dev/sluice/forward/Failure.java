package dev.sluice.forward;

import java.net.ConnectException;
import org.jspecify.annotations.Nullable;

/**
 * Why an attempt came to nothing, in the one place that maps it to a status.
 *
 * @param cause null where there is no exception behind it
 */
record Failure(Kind kind, @Nullable Throwable cause) {

    enum Kind {
        /** No connection could be made: nothing was sent. */
        NOT_CONNECTED(502, "could not connect"),
        /** No connection was made in time: nothing was sent. */
        CONNECT_TIMEOUT(504, "could not connect in time"),
        /** A kept-alive connection turned out to be closed before anything was sent on it. */
        NOT_SENT(502, "the connection was closed"),
        /** The target closed or reset the connection, or what it sent is not HTTP. */
        BROKEN(502, "closed the connection or answered what is not HTTP"),
        /** The target has left its group, and the time in which it could finish is over. */
        DEREGISTERED(502, "left its group, and had no more time to finish"),
        /** The target stayed silent for too long. */
        SILENT(504, "stayed silent for too long"),
        /** Every target has as many requests as it may have, and there is no room to wait. */
        FULL(503, "every target has as many requests as it may, and no more may wait"),
        /** The request has waited for room at a target for too long. */
        WAITED(503, "no target had room in time"),
        /** The host ends the request, although the client has done its part: it is told to stop. */
        STOPPED(503, "the host stops, and the request with it"),
        /** The client's own message broke off or is malformed. */
        BAD_REQUEST(400, "the request's body is malformed or broke off"),
        /** The client stopped sending for as long as the host puts up with. */
        CLIENT_TIMEOUT(408, "the rest of the request did not come in time"),
        /** The client's body is larger than the group takes. */
        TOO_LARGE(413, "the request's body is larger than MAX_REQUEST_BODY_BYTES");

        private final int status;
        private final String text;

        Kind(int status, String text) {
            this.status = status;
            this.text = text;
        }
    }

    /** What the client is answered. */
    int status() {
        return kind.status;
    }

    /** Whether the client is told to come again soon (RFC 9110 section 10.2.3). */
    boolean isTemporary() {
        return kind == Kind.FULL || kind == Kind.WAITED;
    }

    /** Whether the client's message is broken, so that nothing more of it can be read. */
    boolean isBrokenRequest() {
        return kind == Kind.BAD_REQUEST || kind == Kind.CLIENT_TIMEOUT;
    }

    /** Whether the client's connection is of no more use after the answer: the rest of the request is not waited for. */
    boolean endsConnection() {
        return kind == Kind.TOO_LARGE;
    }

    /** Whether another attempt does no harm whatever the method: the target has seen nothing of this one. */
    boolean nothingWasSent() {
        return kind == Kind.NOT_CONNECTED || kind == Kind.CONNECT_TIMEOUT || kind == Kind.NOT_SENT;
    }

    /** Whether nobody listens where the target should be. */
    boolean isRefusal() {
        return kind == Kind.NOT_CONNECTED && cause instanceof ConnectException;
    }

    /** Whether it is the target that is at fault. */
    boolean isTargets() {
        return nothingWasSent() || kind == Kind.BROKEN || kind == Kind.SILENT;
    }

    /** Whether another attempt does no harm if the method is idempotent: the target may have seen the request. */
    boolean mayBeRepeated() {
        return kind == Kind.BROKEN || kind == Kind.SILENT || kind == Kind.DEREGISTERED;
    }

    /** Whether the connection ended under the request, rather than time running out. */
    boolean isBrokenConnection() {
        return kind == Kind.BROKEN || kind == Kind.NOT_SENT;
    }

    /** For the log. */
    @Override
    public String toString() {
        String message = cause == null ? null : cause.getMessage();
        return message == null ? kind.text : kind.text + " (" + message + ")";
    }
}
