package dev.sluice.forward;

import dev.sluice.observe.AttemptFailure;
import dev.sluice.observe.Phase;
import dev.sluice.observe.TerminationCause;
import dev.sluice.observe.Transaction;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.util.concurrent.TimeoutException;
import org.apache.hc.core5.http2.H2StreamResetException;
import org.jspecify.annotations.Nullable;

/**
 * Why an attempt, or the whole exchange, has failed, or was refused; the one place that maps that to a status.
 *
 * @param cause null if there is no exception behind it
 * @param text for the logs
 * @param note for the end of the text; may be empty
 */
record Failure(Kind kind, @Nullable Throwable cause, String text, String note) {

    private static final String BEYOND_BUDGET = "; not tried again: the group's retry budget is used up";

    enum Kind {
        /** The request is malformed, or could be read in two ways; the check says how. */
        INVALID(400, TerminationCause.PROXY, Phase.REQUEST, ""),
        /** No rule matches the request. */
        NO_RULE(404, TerminationCause.LOCAL, Phase.REQUEST, "no rule matches"),
        /** The request's method is never forwarded. */
        METHOD(405, TerminationCause.PROXY, Phase.REQUEST, "this method is never forwarded"),
        /** Path and query are too long; the text says what they may have. */
        URI_TOO_LONG(414, TerminationCause.PROXY, Phase.REQUEST, ""),
        /** The request has been here before (RFC 5842 section 7.2). */
        LOOP(508, TerminationCause.PROXY, Phase.REQUEST, "the request has been here before, as its Via says"),
        /** No connection could be made: nothing was sent. */
        NOT_CONNECTED(
                502,
                TerminationCause.TARGET,
                Phase.CONNECT,
                "could not connect",
                AttemptFailure.CONNECT,
                Repeat.ALWAYS),
        /** No connection was made in time: nothing was sent. */
        CONNECT_TIMEOUT(
                504,
                TerminationCause.TARGET_TIMEOUT,
                Phase.CONNECT,
                "could not connect in time",
                AttemptFailure.CONNECT_TIMEOUT,
                Repeat.ALWAYS),
        /** The connection, mostly a kept-alive one, turned out to be closed before anything was sent on it. */
        NOT_SENT(
                502,
                TerminationCause.TARGET,
                Phase.CONNECT,
                "the connection was closed before the request was sent",
                AttemptFailure.BROKEN,
                Repeat.ALWAYS),
        /** The target closed or reset the connection. */
        BROKEN(
                502,
                TerminationCause.TARGET,
                null,
                "closed or reset the connection",
                AttemptFailure.BROKEN,
                Repeat.IF_IDEMPOTENT),
        /**
         * The target has cancelled a call that was to end after a time, as gRPC does when that is over. HTTP/2 only. Its
         * status is that of gRPC's status in HTTP ({@code google.rpc.Code}), for gRPC-Web.
         */
        CANCELLED(499, TerminationCause.TARGET, null, "cancelled a call that has a deadline"),
        /** What the target sent is not HTTP. */
        NOT_HTTP(
                502,
                TerminationCause.PROXY,
                null,
                "sent an invalid HTTP response",
                AttemptFailure.NOT_HTTP,
                Repeat.IF_IDEMPOTENT),
        /** The target has left its group, and its time to finish is over. */
        DEREGISTERED(
                502,
                TerminationCause.DEREGISTERED,
                null,
                "left its group, and its time to finish has run out",
                AttemptFailure.DEREGISTERED,
                Repeat.IF_IDEMPOTENT),
        /** The target stayed silent for too long. */
        SILENT(
                504,
                TerminationCause.TARGET_TIMEOUT,
                null,
                "stayed silent for too long",
                AttemptFailure.TIMEOUT,
                Repeat.IF_IDEMPOTENT),
        /** The group has no target that may get requests; the group says why. */
        UNAVAILABLE(503, TerminationCause.TARGET, Phase.CONNECT, ""),
        /** Every target has as many requests in flight as it may have, and the request may not wait. */
        FULL(
                503,
                TerminationCause.RESOURCE,
                Phase.QUEUE,
                "every target is at its limit of requests, and no more may wait"),
        /** The request has waited too long for room at a target. */
        WAITED(503, TerminationCause.TARGET_TIMEOUT, Phase.QUEUE, "no target had room within the queue timeout"),
        /** The request's group has left the configuration, and what was to take its requests is over. */
        GROUP_LEFT(
                503,
                TerminationCause.DEREGISTERED,
                Phase.QUEUE,
                "the group is not configured any more, and no target had room meanwhile"),
        /** Sluice is stopping, or its host is and ends the request although the client has sent all of it. */
        STOPPED(503, TerminationCause.KILLED, null, "Sluice is shutting down"),
        /** The client's request broke off or is malformed. */
        BAD_REQUEST(400, TerminationCause.CLIENT, null, "the request's body is malformed or was cut off"),
        /** The client's request cannot be expressed in HTTP/2. */
        UNSENDABLE(400, TerminationCause.CLIENT, Phase.REQUEST, "the request cannot be sent over HTTP/2"),
        /** The client has sent nothing for longer than the host tolerates. */
        CLIENT_TIMEOUT(408, TerminationCause.CLIENT_TIMEOUT, null, "the rest of the request did not arrive in time"),
        /** The request body is larger than the target group accepts. */
        TOO_LARGE(
                413, TerminationCause.PROXY, Phase.REQUEST, "the request's body is larger than MAX_REQUEST_BODY_BYTES"),
        /** A filter, or a handler of the host's, refuses the response. */
        RESPONSE_REFUSED(
                502, TerminationCause.INTERNAL, null, "a filter or handler before Sluice refused the response"),
        /** An unexpected exception within Sluice. */
        UNEXPECTED(502, TerminationCause.INTERNAL, null, "failed unexpectedly");

        private final int status;
        private final TerminationCause cause;
        private final @Nullable Phase phase;
        private final String text;
        private final @Nullable AttemptFailure attemptFailure;
        private final Repeat repeat;

        /** One that ends the request, and is not counted for any target. */
        Kind(int status, TerminationCause cause, @Nullable Phase phase, String text) {
            this(status, cause, phase, text, null, Repeat.NEVER);
        }

        /**
         * @param phase null for the phase in which the failure happens
         * @param attemptFailure how it is counted for its target; null if it is not
         * @param repeat when another attempt does no harm
         */
        Kind(
                int status,
                TerminationCause cause,
                @Nullable Phase phase,
                String text,
                @Nullable AttemptFailure attemptFailure,
                Repeat repeat) {
            this.status = status;
            this.cause = cause;
            this.phase = phase;
            this.text = text;
            this.attemptFailure = attemptFailure;
            this.repeat = repeat;
        }
    }

    private enum Repeat {
        NEVER,
        /** The target may have seen the request. */
        IF_IDEMPOTENT,
        /** The target has seen nothing of the request. */
        ALWAYS
    }

    Failure(Kind kind, @Nullable Throwable cause) {
        this(kind, cause, kind.text);
    }

    Failure(Kind kind, @Nullable Throwable cause, String text) {
        this(kind, cause, text, "");
    }

    /** @param why as {@code TargetGroup.unavailability} states it */
    static Failure unavailable(String why) {
        return new Failure(Kind.UNAVAILABLE, null, why);
    }

    /** @param why as {@code TargetGroup.unavailability} states it; null if there are targets, which are all busy */
    static Failure waited(@Nullable String why) {
        return new Failure(Kind.WAITED, null, why == null ? Kind.WAITED.text : why);
    }

    /** This failure, after which only the group's retry budget forbids another attempt. */
    Failure beyondBudget() {
        return new Failure(kind, cause, text, BEYOND_BUDGET);
    }

    /**
     * Why the rest of a request cannot be read.
     *
     * @param wasRead whether it was read to its end: then the host has ended the request for a reason of its own
     */
    static Failure ofReading(@Nullable Throwable cause, boolean wasRead) {
        Kind broken = isTimeout(cause) ? Kind.CLIENT_TIMEOUT : Kind.BAD_REQUEST;
        return new Failure(wasRead ? Kind.STOPPED : broken, cause);
    }

    /** Whether a client was silent for too long. */
    static boolean isTimeout(@Nullable Throwable cause) {
        return cause instanceof TimeoutException || cause instanceof SocketTimeoutException;
    }

    /** The status that the client is answered with, unless it is told otherwise, see {@link ClientResponse#tell}. */
    int status() {
        return kind.status;
    }

    /** Whether the client is told which methods there are (RFC 9110 section 15.5.6). */
    boolean isOfMethod() {
        return kind == Kind.METHOD;
    }

    /** Whether the client is told to try again soon (RFC 9110 section 10.2.3). */
    boolean isTemporary() {
        return kind == Kind.FULL || kind == Kind.WAITED || kind == Kind.GROUP_LEFT;
    }

    /** Whether the client's request is broken, so that no more of it can be read. */
    boolean isBrokenRequest() {
        return kind == Kind.BAD_REQUEST || kind == Kind.CLIENT_TIMEOUT;
    }

    /**
     * Whether the client's connection ends with the response, which says so (RFC 9112 section 9.6): the rest of the
     * request may never be read, or nothing else on the connection can be trusted.
     */
    boolean endsConnection() {
        return kind == Kind.TOO_LARGE || kind == Kind.INVALID || isBrokenRequest();
    }

    /** Whether nothing listens at the target's address. */
    boolean isConnectionRefused() {
        return kind == Kind.NOT_CONNECTED && cause instanceof ConnectException;
    }

    /** Whether the target is at fault. */
    boolean isTargetsFault() {
        return kind.attemptFailure != null && kind != Kind.DEREGISTERED;
    }

    /** Whether another attempt does no harm. */
    boolean mayBeRepeated(boolean isIdempotent) {
        return kind.repeat == Repeat.ALWAYS || (kind.repeat == Repeat.IF_IDEMPOTENT && isIdempotent);
    }

    /**
     * Whether the connection ended under the request. False if time ran out, or if a target of HTTP/2 reset just this
     * request; true for what is not HTTP, because that may have been left over from the response before.
     */
    boolean isBrokenConnection() {
        boolean hasBroken = kind == Kind.BROKEN || kind == Kind.NOT_HTTP;
        return (hasBroken && !(cause instanceof H2StreamResetException)) || kind == Kind.NOT_SENT;
    }

    /** How the failure is counted for its target; null if it is not. */
    @Nullable
    AttemptFailure attemptFailure() {
        return kind.attemptFailure;
    }

    /** Records this failure as the end of a request. */
    void recordIn(Transaction transaction) {
        transaction.failed(kind.cause, kind.phase, text + note);
    }

    /** Whether nothing more of the response can be written, although its client is there. */
    boolean isOfWriting() {
        return kind == Kind.RESPONSE_REFUSED;
    }

    /** Whether the target has cancelled a call with a deadline. */
    boolean isCancellation() {
        return kind == Kind.CANCELLED;
    }

    /** For the log. */
    @Override
    public String toString() {
        String message = cause == null ? null : cause.getMessage();
        if (message == null) {
            return text + note;
        }
        String advice =
                isOfUnknownAuthority() ? "; TLS_CA_FILE of its group names the authorities that are trusted" : "";
        // HttpCore writes a time-out in MILLISECONDS.
        return text + " (" + message.replace(" MILLISECONDS", " ms") + advice + ")" + note;
    }

    /** Whether the target's certificate does not come from a trusted authority. */
    private boolean isOfUnknownAuthority() {
        Throwable its = cause;
        while (its != null && !(its instanceof CertPathBuilderException) && !isWronglySigned(its)) {
            its = its.getCause();
        }
        return its != null;
    }

    /** Signed by an authority that has the name of a trusted one, but another key, as a renewed authority has. */
    private static boolean isWronglySigned(Throwable cause) {
        return cause instanceof CertPathValidatorException e
                && e.getReason() == CertPathValidatorException.BasicReason.INVALID_SIGNATURE;
    }
}
