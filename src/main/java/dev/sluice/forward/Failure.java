package dev.sluice.forward;

import dev.sluice.observe.AttemptFailure;
import dev.sluice.observe.Phase;
import dev.sluice.observe.TerminationCause;
import dev.sluice.observe.Transaction;
import java.net.ConnectException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import org.jspecify.annotations.Nullable;

/**
 * Why an attempt came to nothing, in the one place that maps it to a status.
 *
 * @param cause null where there is no exception behind it
 */
record Failure(Kind kind, @Nullable Throwable cause) {

    enum Kind {
        /** No connection could be made: nothing was sent. */
        NOT_CONNECTED(502, TerminationCause.TARGET, Phase.CONNECT, "could not connect"),
        /** No connection was made in time: nothing was sent. */
        CONNECT_TIMEOUT(504, TerminationCause.TARGET_TIMEOUT, Phase.CONNECT, "could not connect in time"),
        /** A kept-alive connection turned out to be closed before anything was sent on it. */
        NOT_SENT(502, TerminationCause.TARGET, Phase.CONNECT, "the connection was closed"),
        /** The target closed or reset the connection. */
        BROKEN(502, TerminationCause.TARGET, null, "broke off"),
        /** What the target sent is not HTTP. */
        NOT_HTTP(502, TerminationCause.PROXY, null, "answered what is not HTTP"),
        /** The target has left its group, and the time in which it could finish is over. */
        DEREGISTERED(502, TerminationCause.DEREGISTERED, null, "left its group, and had no more time to finish"),
        /** The target stayed silent for too long. */
        SILENT(504, TerminationCause.TARGET_TIMEOUT, null, "stayed silent for too long"),
        /** Every target has as many requests as it may have, and there is no room to wait. */
        FULL(
                503,
                TerminationCause.RESOURCE,
                Phase.QUEUE,
                "every target has as many requests as it may, and no more may wait"),
        /** The request has waited for room at a target for too long. */
        WAITED(503, TerminationCause.TARGET_TIMEOUT, Phase.QUEUE, "no target had room in time"),
        /** The host ends the request, although the client has done its part: it is told to stop. */
        STOPPED(503, TerminationCause.KILLED, null, "Sluice stops, and the request with it"),
        /** The client's own message broke off or is malformed. */
        BAD_REQUEST(400, TerminationCause.CLIENT, null, "the request's body is malformed or broke off"),
        /** The client stopped sending for as long as the host puts up with. */
        CLIENT_TIMEOUT(408, TerminationCause.CLIENT_TIMEOUT, null, "the rest of the request did not come in time"),
        /** The client's body is larger than the group takes. */
        TOO_LARGE(
                413, TerminationCause.PROXY, Phase.REQUEST, "the request's body is larger than MAX_REQUEST_BODY_BYTES"),
        /** Something that should not happen here. */
        UNEXPECTED(502, TerminationCause.INTERNAL, null, "failed unexpectedly");

        private final int status;
        private final TerminationCause cause;
        private final @Nullable Phase phase;
        private final String text;

        /** @param phase null for the one in which it happens */
        Kind(int status, TerminationCause cause, @Nullable Phase phase, String text) {
            this.status = status;
            this.cause = cause;
            this.phase = phase;
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
        return nothingWasSent() || hasBroken() || kind == Kind.SILENT;
    }

    /** Whether another attempt does no harm if the method is idempotent: the target may have seen the request. */
    boolean mayBeRepeated() {
        return hasBroken() || kind == Kind.SILENT || kind == Kind.DEREGISTERED;
    }

    /** Whether the connection ended under the request, rather than time running out. */
    boolean isBrokenConnection() {
        return hasBroken() || kind == Kind.NOT_SENT;
    }

    private boolean hasBroken() {
        return kind == Kind.BROKEN || kind == Kind.NOT_HTTP;
    }

    /** What it is to its target; null if it is not the target's. */
    @Nullable
    AttemptFailure ofTarget() {
        return switch (kind) {
            case NOT_CONNECTED -> AttemptFailure.CONNECT;
            case CONNECT_TIMEOUT -> AttemptFailure.CONNECT_TIMEOUT;
            case NOT_SENT -> AttemptFailure.CLOSED;
            case BROKEN -> AttemptFailure.BROKEN;
            case NOT_HTTP -> AttemptFailure.NOT_HTTP;
            case SILENT -> AttemptFailure.TIMEOUT;
            case DEREGISTERED -> AttemptFailure.DEREGISTERED;
            case FULL, WAITED, STOPPED, BAD_REQUEST, CLIENT_TIMEOUT, TOO_LARGE, UNEXPECTED -> null;
        };
    }

    /** Tells the record of a request that this is how it ends. */
    void end(Transaction transaction) {
        transaction.fails(kind.cause, kind.phase, kind.text);
    }

    /** For the log. */
    @Override
    public String toString() {
        String message = cause == null ? null : cause.getMessage();
        if (message == null) {
            return kind.text;
        }
        String advice = isOfUnknownAuthority() ? "; TLS_CA_FILE of its group says whose certificates are taken" : "";
        return kind.text + " (" + message.replace(" MILLISECONDS", " ms") + advice
                + ")"; // as HttpCore writes a time-out
    }

    /** Whether the target's certificate comes from nobody who is trusted. */
    private boolean isOfUnknownAuthority() {
        Throwable its = cause;
        while (its != null && !(its instanceof CertPathBuilderException) && !isWronglySigned(its)) {
            its = its.getCause();
        }
        return its != null;
    }

    /** By one who only has the name of somebody who is trusted: a renewed authority is that too. */
    private static boolean isWronglySigned(Throwable cause) {
        return cause instanceof CertPathValidatorException e
                && e.getReason() == CertPathValidatorException.BasicReason.INVALID_SIGNATURE;
    }
}
