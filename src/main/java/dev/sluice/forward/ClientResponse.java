package dev.sluice.forward;

import dev.sluice.forward.connection.ResponseHead;
import dev.sluice.forward.container.Container;
import dev.sluice.forward.head.Headers;
import dev.sluice.forward.head.Heads;
import dev.sluice.observe.Transaction;
import dev.sluice.target.Target;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.HttpResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the client of an exchange is told: a target's response; Sluice's own, if there is none; or, if a target's breaks
 * off, that. Guarded by the exchange's monitor.
 */
final class ClientResponse {

    private static final Logger LOG = LoggerFactory.getLogger(ClientResponse.class);

    private static final String RETRY_AFTER_SECONDS = "1";
    private static final String ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    /** gRPC's equivalent, within a response, of 502 to 504: it tells the client that it may try again. */
    private static final Map<String, String> UNAVAILABLE =
            Map.of("grpc-status", "14", "grpc-message", "the target broke off its response");

    /** The same if the target has cancelled a call with a deadline: its client knows whether that is over. */
    private static final Map<String, String> CANCELLED =
            Map.of("grpc-status", "1", "grpc-message", "the target cancelled its response");

    /** How the client learns that its request has failed. */
    enum Telling {
        BY_STATUS,
        BY_TRAILERS,
        /** The caller ends the exchange by dispatching the request again: see {@link BrokenOff}. */
        BY_BREAKING_OFF,
        /** At the host's first call of the write listener. */
        LATER,
        /** Not at all: the host has given up the request. */
        IMPOSSIBLE
    }

    private final Heads heads;
    private final Transaction transaction;
    private final HttpServletRequest clientRequest;
    private final HttpServletResponse clientResponse;
    private final ResponseBody body;

    private boolean begun; // with the head of a target's response
    private boolean endsWithStatus; // gRPC's, in the trailers
    private boolean failed;

    ClientResponse(
            Exchange exchange,
            Heads heads,
            Transaction transaction,
            Container container,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse)
            throws IOException {
        this.heads = heads;
        this.transaction = transaction;
        this.clientRequest = clientRequest;
        this.clientResponse = clientResponse;
        this.body = new ResponseBody(exchange, container, clientRequest, clientResponse);
    }

    ResponseBody body() {
        return body;
    }

    /** Whether it is that of a target, and has begun. */
    boolean hasBegun() {
        return begun;
    }

    /** Whether the client may have a part of it. */
    boolean isPart() {
        return begun && !body.isDone();
    }

    /** Whether no target's response is wanted any more. */
    boolean hasFailed() {
        return failed;
    }

    /**
     * Begins with the head of a target's response.
     *
     * @param details of its body, which follows; null for none: {@link ResponseBody#end} is called all the same
     */
    void begin(HttpResponse head, @Nullable EntityDetails details, Target target) {
        writeHead(head, details, target);
        if (details != null) {
            body.begin(details);
            if (heads.mayHaveTrailers(head.getCode(), details)) {
                endsWithStatus = Heads.isGrpc(details.getContentType());
                clientResponse.setTrailerFields(body::trailers);
            }
        } else if (!ResponseHead.hasBody(clientRequest.getMethod(), head.getCode())) {
            body.beginWithout();
        }
    }

    /** The target agrees to another protocol: this is the whole response. */
    void switchProtocols(HttpResponse head, String protocol, Target target) {
        writeHead(head, null, target);
        heads.upgradeTo(protocol);
    }

    private void writeHead(HttpResponse head, @Nullable EntityDetails details, Target target) {
        begun = true;
        transaction.targetAnswered(head.getCode());
        transaction.clientAnswered(head.getCode());
        heads.toClient(head, details, target);
    }

    /**
     * Tells the client of a failure: by its status or, once the response of a target is committed, by breaking that off
     * (in gRPC: ending it with a status in the trailers, as a call is that its target has cancelled before).
     *
     * @param again is run if it is too early, when it is no longer
     */
    Telling tell(Failure failure, Runnable again) {
        boolean committed = clientResponse.isCommitted(); // first: it throws if the host has given up the request
        failed = true;
        failure.recordIn(transaction);
        if (committed && begun) {
            if (endsWithStatus && !failure.isOfWriting()) {
                body.end(failure.isCancellation() ? CANCELLED : UNAVAILABLE);
                return Telling.BY_TRAILERS;
            }
            BrokenOff.mark(clientRequest, failure.cause());
            return Telling.BY_BREAKING_OFF;
        }
        // A reset would end the host's calls before the first one, for which the exchange waits.
        if (begun && body.postponeToFirstCall(again)) {
            return Telling.LATER;
        }
        if (!committed) { // else the host has answered, as Tomcat does when it cannot read any further
            writeHead(failure);
        }
        transaction.clientAnswered(clientResponse.getStatus());
        body.omit();
        if (failure.isBrokenRequest()) {
            flush(); // before the host cuts the connection of a broken request
        }
        return !committed && isCancelledCall(failure) ? Telling.BY_TRAILERS : Telling.BY_STATUS;
    }

    private boolean isCancelledCall(Failure failure) {
        return failure.isCancellation()
                && Heads.isGrpc(clientRequest.getContentType())
                && !Headers.isHttp1(clientRequest);
    }

    private void writeHead(Failure failure) {
        try {
            if (begun) {
                clientResponse.reset();
                clientResponse.setHeader("Connection", null); // Jetty restores that of the request
                body.nothingWasSent();
            }
        } catch (IllegalStateException e) {
            LOG.debug("The host has just answered by itself", e);
            return;
        }
        if (isCancelledCall(failure)) {
            clientResponse.setStatus(HttpServletResponse.SC_OK);
            clientResponse.setContentType(clientRequest.getContentType());
            clientResponse.setTrailerFields(() -> CANCELLED);
            return;
        }
        clientResponse.setStatus(failure.status());
        clientResponse.setContentLength(0);
        if (failure.endsConnection() && Headers.isHttp1(clientRequest)) {
            clientResponse.setHeader("Connection", "close");
        }
        if (failure.isOfMethod()) {
            clientResponse.setHeader("Allow", ALLOWED_METHODS);
        }
        if (failure.isTemporary()) {
            clientResponse.setHeader("Retry-After", RETRY_AFTER_SECONDS);
        }
    }

    /**
     * Flushes the status that Tomcat itself sets for a request that it cannot read any further. Tomcat holds it back
     * until it has reported that failure, and then cuts the connection. To be called only within the call that reports
     * it: until that returns, the response is this exchange's, even if the exchange has ended.
     */
    void letOut() {
        if (failed && !clientResponse.isCommitted()) {
            clientResponse.setContentLength(0);
            flush();
        }
    }

    private void flush() {
        try {
            clientResponse.flushBuffer();
        } catch (IOException | IllegalStateException e) {
            LOG.debug("The client cannot be told", e);
        }
    }
}
