package dev.sluice.forward;

import dev.sluice.forward.ClientResponse.Telling;
import dev.sluice.forward.connection.BodyBuffers;
import dev.sluice.forward.connection.TargetConnection;
import dev.sluice.forward.container.Container;
import dev.sluice.forward.head.Headers;
import dev.sluice.forward.head.Heads;
import dev.sluice.forward.tunnel.Tunnel;
import dev.sluice.observe.ErrorLog;
import dev.sluice.observe.TerminationCause;
import dev.sluice.observe.Transaction;
import dev.sluice.routing.Methods;
import dev.sluice.routing.Rule;
import dev.sluice.target.Lease;
import dev.sluice.target.Placement;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client request and its response, over all attempts.
 *
 * <p>Threads: container threads (the servlet's call, the listeners of both bodies and of the async context), reactor
 * threads (the attempts' callbacks) and the timer's thread run here concurrently. Calls on the client's request and
 * response are made with the monitor held, so that there is one at a time, and none after the exchange has ended: the
 * host may have reused both objects for another request by then. (Only {@link #letOut}, and cutting the response off
 * at a time-out, come later, within a call of the host.) The monitor is not held while the exchange is completed or a
 * connection goes back to the pool, because both may run code of other exchanges; nor while a listener is registered or
 * the request body is read, because Tomcat takes a lock for these that it also holds while it calls a listener. The
 * exchange is completed only while no thread reads the body; a host that completes it by itself, after an error, waits
 * for the reader within its call of the listener.
 *
 * <p>End: {@code ended} turns true once, under the monitor. The thread that sets it completes or breaks off the async
 * context, unless the host ends the request itself, or has to be told at a time-out.
 */
final class Exchange {

    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private static final String STALLED = "the client has taken nothing of the response for too long";

    private final Forwarder forwarder;
    private final Exchanges exchanges;
    private final Transaction transaction; // guarded by this
    private final HttpServletRequest clientRequest;
    private final boolean isHttp1;
    private final Container container;
    private final Attempts attempts;
    private final RequestBody requestBody;
    private final Heads heads;
    private final ClientResponse response;
    private final ResponseBody responseBody;
    private final Upgrade upgrade;
    private final Patience patience;
    private final AsyncCycle cycle;
    private boolean ended;

    Exchange(
            Forwarder forwarder,
            Rule<TargetGroup> rule,
            Placement placement,
            Transaction transaction,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse)
            throws IOException {
        this.forwarder = forwarder;
        this.exchanges = forwarder.exchanges();
        this.transaction = transaction;
        this.clientRequest = clientRequest;
        this.isHttp1 = Headers.isHttp1(clientRequest);
        this.container = Container.of(clientRequest);
        this.heads = new Heads(
                forwarder.headSettings(), rule, placement, transaction, container, clientRequest, clientResponse);
        boolean isIdempotent = Methods.isIdempotent(clientRequest.getMethod());
        this.attempts = new Attempts(this, forwarder, rule.targetGroup(), placement, transaction, isIdempotent);
        this.requestBody = new RequestBody(this, container, clientRequest, rule.targetGroup(), isIdempotent);
        this.response = new ClientResponse(this, heads, transaction, container, clientRequest, clientResponse);
        this.responseBody = response.body();
        boolean mayUpgrade =
                requestBody.details() == null && !rule.targetGroup().transport().isHttp2();
        this.upgrade = new Upgrade(
                exchanges,
                transaction,
                container,
                clientRequest,
                mayUpgrade,
                container.upgradesWithinCall() ? this::listenForRoom : null);
        this.patience = new Patience(this, exchanges, container, isHttp1, requestBody, responseBody);
        this.cycle = // last: it counts the exchange
                new AsyncCycle(this, exchanges, container, clientRequest, clientResponse);
    }

    /**
     * Begins with a first attempt on the leased target. Called on the container's thread, before anything else runs.
     * Takes the request over from the container: from here on the exchange is responsible for the response, unless it
     * becomes a tunnel within the call.
     *
     * @param lease null if there is none yet
     */
    void start(@Nullable Lease lease) throws IOException, ServletException {
        if (!upgrade.await(() -> attempts.begin(lease))) {
            listen();
            attempts.begin(lease);
        }
    }

    /** The {@link Upgrade}'s preparation: there is no tunnel, and the request is to be answered like any other. */
    private void listenForRoom() {
        try {
            cycle.begin();
            responseBody.listen();
        } catch (RuntimeException | Error e) {
            refusedByHost();
            throw e;
        }
    }

    /**
     * The host refuses what every response needs. The exception that is thrown next tells it so, and it ends the
     * request itself.
     */
    private void refusedByHost() {
        synchronized (this) {
            ended = true;
        }
        attempts.abandon();
        cycle.mayBeOver();
    }

    /** Answers with this failure. Called instead of {@link #start}: no target is to see the request. */
    void refuse(Failure failure) throws IOException {
        upgrade.giveUp();
        listen();
        fail(failure, null);
    }

    /**
     * Tomcat makes its first calls in the order in which the listeners are registered. The exchange is not completed
     * before the first call of the response's listener, so that listener is registered last: otherwise Tomcat might
     * call the request's after completion.
     */
    private void listen() throws IOException {
        try {
            cycle.begin();
            requestBody.listenFirst();
            responseBody.listen();
        } catch (IOException | RuntimeException | Error e) {
            refusedByHost();
            throw e;
        }
    }

    /** The request's record, whose clock measures how long connecting takes. */
    Transaction transaction() {
        return transaction;
    }

    /** @param begun when connecting began, in nanoseconds, on the clock of the {@link #transaction} */
    synchronized void connected(Attempt by, long begun) {
        if (attempts.isCurrent(by)) {
            transaction.connected(transaction.nanoTime() - begun);
        }
    }

    /**
     * @throws ConnectionClosedException if the attempt, or the exchange, has ended, and the client's request must not be
     *     touched any more
     */
    HttpRequest targetRequest(Attempt by) throws ConnectionClosedException {
        try {
            synchronized (this) {
                if (attempts.isCurrent(by)) {
                    transaction.sending();
                    EntityDetails body = targetRequestBody();
                    HttpRequest request = heads.toTarget(by.lease().target(), body, upgrade.asked());
                    if (body != null && !requestBody.isUnasked()) {
                        request.removeHeaders("Expect"); // the client has been asked, for an attempt before this
                    }
                    return request;
                }
            }
        } catch (RuntimeException | Error e) {
            failedUnexpectedly(e);
        }
        throw new ConnectionClosedException("The attempt has ended");
    }

    @Nullable
    EntityDetails targetRequestBody() {
        return requestBody.details();
    }

    void sendBody(Attempt by, DataStreamChannel channel) {
        boolean clientWaits;
        synchronized (this) {
            if (!attempts.isCurrent(by)) {
                return;
            }
            requestBody.sendTo(channel);
            clientWaits = requestBody.beginsToAsk();
        }
        if (clientWaits) {
            requestBody.ask();
        } else {
            requestBody.pump();
        }
        settle();
    }

    /** Continues with the request body on the timer's thread. */
    void pumpLater() {
        exchanges.soon(() -> guarded(() -> {
            requestBody.pump();
            settle();
        }));
    }

    /** All of the body was sent to the target. Called with the monitor held. */
    void bodySent() {
        attempts.requestSent();
    }

    synchronized int unsentBytes() {
        return requestBody.unsentBytes();
    }

    synchronized boolean isRequestOver() {
        return requestBody.isOver();
    }

    synchronized boolean isRequestSent() {
        return requestBody.isSent();
    }

    /** The protocols to which the target switches; null if the client has not asked for all of them. */
    @Nullable
    String agreedUpgrade(HttpResponse head) {
        return upgrade.agreed(head);
    }

    /**
     * The target agrees to another protocol: the exchange ends, and a tunnel takes over its attempt.
     *
     * @throws ProtocolException if the request is about to fail
     */
    void becomesTunnel(Attempt by, HttpResponse head, String protocol, TargetConnection connection)
            throws ProtocolException {
        Tunnel next;
        synchronized (this) {
            if (!attempts.isCurrent(by)) {
                return;
            }
            response.switchProtocols(head, protocol, by.lease().target());
            next = new Tunnel(
                    new TunnelOwner(by, exchanges, forwarder.timeout(), cycle::countOut),
                    transaction,
                    connection.session(),
                    connection.takeAfterSwitch(),
                    forwarder.tunnelIdleTimeout(),
                    forwarder.timeout());
            upgrade.begin(next); // first: a failure here still fails the attempt
            transaction.becameTunnel();
            cycle.becomesTunnel();
            ended = true;
            attempts.detachCurrent();
        }
        next.takeOver();
        if (upgrade.isAwaited()) {
            upgrade.accept();
        } else {
            cycle.complete(); // there is no request body that a thread could be reading
        }
    }

    /**
     * Passes an interim response on, if the host can send it and is done with the one before; otherwise drops it. Before 100
     * Continue, Jetty takes one for the refusal of an HTTP/1 request's body, and ends the connection.
     */
    void interimResponse(Attempt by, HttpResponse head) {
        CompletableFuture<Void> sending;
        synchronized (this) {
            if (!attempts.isCurrent(by)
                    || upgrade.asked() != null
                    || Headers.isHttp10(clientRequest)
                    || !container.sendsInterimResponses()
                    || (isHttp1 && requestBody.isUnasked())
                    || !responseBody.beginInterim()) {
                return;
            }
            sending = heads.interimToClient(head);
        }
        sending.whenComplete((sent, failure) -> guarded(() -> {
            synchronized (this) {
                if (!ended) {
                    responseBody.endInterim();
                }
            }
            settle();
        }));
    }

    /** Whether Sluice was told to stop. */
    boolean isStopped() {
        return forwarder.connections().isClosed();
    }

    /** How long a response that is {@link ResponseBody#isStream a stream} may pause. */
    Timeout streamIdleTimeout() {
        return forwarder.streamIdleTimeout();
    }

    void responseBegins(Attempt by, HttpResponse head, @Nullable EntityDetails body) {
        if (upgrade.isAwaited()) {
            synchronized (this) {
                if (!attempts.isCurrent(by)) {
                    return;
                }
                upgrade.beginToRefuse(); // here, where no other attempt's target can agree
            }
            upgrade.refuse();
        }
        boolean discards = head.getCode() >= 300;
        synchronized (this) {
            if (!attempts.isCurrent(by)) {
                return;
            }
            if (discards) {
                requestBody.discard(); // the connection sends no more of it
            }
            response.begin(head, body, by.lease().target()); // ends once the attempt has given its connection back
        }
        if (discards) {
            requestBody.pump();
        }
    }

    /**
     * Takes a piece of the response body.
     *
     * @param mayKeep whether the buffer is one of {@link BodyBuffers} and may be kept
     * @return whether it was kept
     */
    synchronized boolean takeResponseBody(Attempt by, ByteBuffer source, boolean mayKeep) {
        return attempts.isCurrent(by) && responseBody.add(source, mayKeep);
    }

    /** As {@link ResponseBody#clientKeepsUp}. */
    synchronized boolean clientKeepsUp() {
        return responseBody.clientKeepsUp();
    }

    /** Nothing more has come from the target for now: what has come must not wait. */
    void responsePauses(Attempt by) {
        synchronized (this) {
            if (attempts.isCurrent(by)) {
                responseBody.pause();
            }
        }
        settle();
    }

    void responseWindow(Attempt by, CapacityChannel window) {
        synchronized (this) {
            if (attempts.isCurrent(by)) {
                responseBody.open(window);
            }
        }
        settle();
    }

    /** Does nothing if the attempt is no longer the current one: whoever took it ends the exchange. */
    void responseEnds(Attempt by, Map<String, String> trailers) {
        boolean hasRest;
        boolean cutShort;
        synchronized (this) {
            if (!attempts.isCurrent(by)) {
                return;
            }
            attempts.detachCurrent();
            hasRest = !requestBody.isSent();
            cutShort = requestBody.isCutShort();
            if (hasRest) {
                requestBody.discard(); // the target's connection is gone
            }
            transaction.responseCompleted();
            if (!responseBody.isDone()) {
                responseBody.end(trailers);
            }
        }
        if (cutShort) {
            ErrorLog.cutShort(
                    transaction,
                    describe(
                            "the response was complete before the request's body was",
                            by.lease().target()));
        }
        if (hasRest) {
            requestBody.pumpHere();
        }
        settle();
    }

    /** While the client is waited for, the target's silence is not held against it. Called with the monitor held. */
    void reconsiderPatience() {
        if (awaitsRequest()) {
            patience.requestIsAwaited();
        }
        attempts.setWaitsForClient(responseBody.awaitsClient() || requestBody.awaitsClient());
    }

    /** Whether the rest of the request is waited for. Called with the monitor held. */
    boolean awaitsRequest() {
        return !ended && requestBody.awaitsClient();
    }

    /** As {@link Container#hasForgotten}. Called with the monitor held. */
    boolean isRequestGone() {
        return container.hasForgotten(clientRequest);
    }

    /** Whether the request has ended with trailers. Called with the monitor held. */
    boolean hasTrailers() {
        return clientRequest.isTrailerFieldsReady()
                && !clientRequest.getTrailerFields().isEmpty();
    }

    /** Some of the response waits for its client. Called with the monitor held. */
    void responseStalls() {
        patience.responseStalls();
    }

    /** Whether another attempt may send the request. Called with the monitor held. */
    boolean isRepeatable() {
        return !response.hasBegun() && requestBody.canBeSentAgain();
    }

    /** Makes the request ready for another attempt. Called with the monitor held. */
    void rewind() {
        requestBody.rewind();
    }

    /** The rest of the request cannot be read. The client may still be there, and is told if possible. */
    void requestBroken(@Nullable Throwable cause) {
        requestBroken(cause, false);
    }

    /**
     * A client that has sent everything can still leave: Tomcat reports here that its connection has failed, maybe before
     * whoever writes has dealt with that, and HTTP/2 hosts that it cancels its request (RFC 9113 section 5.4.2). Before
     * the host's first call, nobody can know how much it had sent. Tomcat may report it within the servlet's call, in
     * HTTP/1 if it cannot send 100 Continue. Unless the exchange is completed at once then, Tomcat forgets the exchange,
     * and what it has of the request, without calling anybody.
     *
     * @param isWholeRequest whether the host has given up the whole request, rather than only reading it
     */
    private void requestBroken(@Nullable Throwable cause, boolean isWholeRequest) {
        boolean wasRead;
        boolean clientIsGone;
        synchronized (this) {
            wasRead = requestBody.wasRead();
            boolean isForgotten = isWholeRequest && !responseBody.wasCalled();
            boolean nothingToRead = wasRead || (!isHttp1 && isWholeRequest && requestBody.isOver());
            clientIsGone = responseBody.writingFailure() != null
                    || (cause instanceof IOException && (isForgotten || nothingToRead));
            if (!clientIsGone) {
                requestBody.abandon();
            }
        }
        if (clientIsGone) {
            clientDisconnected(cause);
        } else {
            failForRequest(Failure.ofReading(cause, wasRead));
        }
    }

    /** As {@link ClientResponse#letOut}. */
    synchronized void letOut() {
        response.letOut();
    }

    /** The request itself is at fault: no target is to get it any more. May be called by more than one thread. */
    private void failForRequest(Failure failure) {
        fail(failure, null, true);
    }

    /** The host can no longer write the response. */
    void writingBroken(Throwable cause) {
        if (wantsResponse() && container.isHandlersRefusal(cause)) {
            responseRefused(cause);
        } else {
            clientDisconnected(cause);
        }
    }

    /**
     * Something before the servlet refuses the response. The client is still there, and must not take what it has for all of
     * it.
     */
    private void responseRefused(@Nullable Throwable cause) {
        fail(new Failure(Failure.Kind.RESPONSE_REFUSED, cause), null);
    }

    /**
     * The client has left, or takes no more of the response: there is nobody left to tell. Where it may be there all the
     * same, it must not take what it has for all of it.
     */
    void clientDisconnected(@Nullable Throwable cause) {
        boolean breaksOff;
        synchronized (this) {
            if (ended) {
                return;
            }
            breaksOff = container.tellsRefusalsLate()
                    && response.isPart()
                    && !Failure.isTimeout(cause)
                    && !Container.hasGivenUp(clientRequest);
            if (breaksOff) {
                BrokenOff.mark(clientRequest, cause);
            }
            ended = true;
            transaction.failed(
                    Failure.isTimeout(cause) ? TerminationCause.CLIENT_TIMEOUT : TerminationCause.CLIENT,
                    null,
                    "the client left");
        }
        LOG.debug("The client left", cause);
        attempts.abandon();
        finish(breaksOff ? cycle::breakOff : cycle::complete);
    }

    /**
     * The client has taken nothing of its response for long. It may still be there, and must not take what it has for all
     * of it.
     */
    void clientStalls() {
        synchronized (this) {
            if (ended || responseBody.isDone()) { // whoever has made it so settles it
                return;
            }
            BrokenOff.mark(clientRequest, null); // first: it throws if the host has given up the request
            ended = true;
            transaction.failed(TerminationCause.CLIENT_TIMEOUT, null, STALLED);
        }
        ErrorLog.brokeOff(HttpStatus.SC_REQUEST_TIMEOUT, transaction, describe(STALLED, null));
        attempts.abandon();
        finish(cycle::breakOff);
    }

    /** Ends the exchange with a failure, of which {@link ClientResponse#tell} tells the client. */
    void fail(Failure failure, @Nullable Target target) {
        fail(failure, target, false);
    }

    /**
     * @param unlessAnswered whether a target's complete response stands; the response of an earlier failure always does
     */
    private void fail(Failure failure, @Nullable Target target, boolean unlessAnswered) {
        upgrade.refuse();
        Attempt current;
        Telling telling; // null if the client has a response already
        synchronized (this) {
            if (ended) {
                return;
            }
            current = attempts.detachCurrent();
            boolean stays = response.hasFailed() || (unlessAnswered && response.hasBegun() && current == null);
            telling = stays ? null : tell(failure, target);
        }
        attempts.abandon(current);
        if (telling == null) {
            settle();
        } else {
            goOn(telling, failure, target);
        }
    }

    private void failAtFirstCall(Failure failure, @Nullable Target target) {
        Telling telling;
        synchronized (this) {
            if (ended) {
                return;
            }
            telling = tell(failure, target);
        }
        goOn(telling, failure, target);
    }

    /** Called with the monitor held. */
    private Telling tell(Failure failure, @Nullable Target target) {
        try {
            Telling telling = response.tell(failure, () -> failAtFirstCall(failure, target));
            ended |= telling == Telling.BY_BREAKING_OFF;
            return telling;
        } catch (RuntimeException | Error e) {
            if (isGivenUpByHost()) {
                return Telling.IMPOSSIBLE;
            }
            LOG.error("A client could not be told of a failure", e);
            BrokenOff.mark(clientRequest, e);
            ended = true;
            return Telling.BY_BREAKING_OFF;
        }
    }

    private void goOn(Telling telling, Failure failure, @Nullable Target target) {
        switch (telling) {
            case BY_STATUS -> {
                ErrorLog.answered(failure.status(), transaction, describe(failure, target));
                settle();
            }
            case BY_TRAILERS -> {
                ErrorLog.brokeOff(failure.status(), transaction, describe(failure, target));
                settle();
            }
            case BY_BREAKING_OFF -> {
                ErrorLog.brokeOff(failure.status(), transaction, describe(failure, target));
                finish(cycle::breakOff);
            }
            case LATER -> LOG.debug("The client is told later", failure.cause());
            case IMPOSSIBLE -> clientDisconnected(failure.cause());
        }
    }

    String describe(Object reason, @Nullable Target target) {
        String group = transaction.group(); // null if no rule matches
        String where = target == null ? group : group + ", " + target;
        return where == null ? reason.toString() : where + ": " + reason;
    }

    /**
     * Runs a callback whose exception nobody else would report. Lets no exception out: it would end a reactor, or vanish
     * in the timer. Not to be called with the monitor held.
     */
    void guarded(Runnable callback) {
        try {
            callback.run();
        } catch (RuntimeException | Error e) {
            failedUnexpectedly(e);
        }
    }

    /** A callback has thrown unexpectedly. Lets no exception out. */
    void failedUnexpectedly(Throwable cause) {
        try {
            if (isGivenUpByHost()) {
                clientDisconnected(cause);
            } else if (container.isHandlersRefusal(cause)) {
                responseRefused(cause);
            } else {
                LOG.error("An exchange failed", cause);
                attempts.abandon();
                fail(new Failure(Failure.Kind.UNEXPECTED, cause), null);
            }
        } catch (RuntimeException | Error e) {
            LOG.error("Nor could it be ended", e);
        }
    }

    /** Whether the host has given up the request under the exchange, and told nobody. */
    private synchronized boolean isGivenUpByHost() {
        return !ended && Container.hasGivenUp(clientRequest);
    }

    synchronized boolean hasEnded() {
        return ended;
    }

    /** Whether the request is a call of gRPC that its target ends by itself after a time. */
    synchronized boolean hasDeadline() {
        return !ended && clientRequest.getHeader("grpc-timeout") != null;
    }

    /** Whether the response of a target is wanted, or still is. */
    synchronized boolean wantsResponse() {
        return !ended && !response.hasFailed();
    }

    /**
     * Ends the exchange if the host has all of the response and nothing more is expected from the client. Handles
     * failed reading or writing, and a body that has grown too large. To be called, without the monitor, after
     * everything that may have led to any of these.
     */
    void settle() {
        @Nullable Runnable next;
        synchronized (this) {
            next = nextStep();
        }
        if (next != null) {
            next.run();
        }
    }

    /**
     * Decides what the state of the exchange calls for, to be done without the monitor by whoever asks; null if somebody
     * else settles it. Called with the monitor held.
     */
    private @Nullable Runnable nextStep() {
        if (ended) {
            return null;
        }
        IOException writing = responseBody.writingFailure();
        IOException reading = requestBody.readingFailure();
        boolean grownTooLarge = !response.hasFailed() && requestBody.takeTooLarge();
        if (writing != null) {
            return responseBody.isRefused() && !response.hasFailed()
                    ? () -> responseRefused(writing)
                    : () -> clientDisconnected(writing);
        }
        if (reading != null) {
            return () -> requestBroken(reading);
        }
        if (grownTooLarge) {
            return () -> failForRequest(new Failure(Failure.Kind.TOO_LARGE, null));
        }
        if (!responseBody.isDone() || (patience.isLingering() && !requestBody.isOver())) {
            return null;
        }
        if (!requestBody.isOver() && patience.beginsToLinger()) {
            return this::readRest;
        }
        if (!responseBody.isDone()) {
            return null; // its end may still be on its way
        }
        ended = true;
        return () -> finish(cycle::complete);
    }

    /** The response is sent, but a client that is still sending could lose it. */
    private void readRest() {
        if (requestBody.readRest()) {
            settle();
        }
    }

    private void finish(Runnable completion) {
        requestBody.turn().afterwards(() -> end(completion)); // nothing touches the request after this
    }

    private void end(Runnable completion) {
        try {
            endTransaction();
        } finally {
            completion.run();
        }
    }

    private void endTransaction() {
        long fromClient;
        long toClient;
        synchronized (this) {
            fromClient = requestBody.received();
            toClient = responseBody.sent();
            responseBody.drop();
            patience.end();
        }
        transaction.end(fromClient, toClient);
    }

    /** Called when the host has completed the request, even if it did so by itself. */
    void hostHasCompleted() {
        boolean endedByHost;
        synchronized (this) {
            endedByHost = !ended;
            ended = true;
            if (endedByHost) {
                transaction.failed(TerminationCause.CLIENT, null, "the host gave up the client's connection");
            }
        }
        attempts.abandon();
        if (endedByHost) {
            endTransaction();
        }
    }

    /** Called before the host takes back the request that it has given up: all of it, or reading it. */
    void hostGivesUp(@Nullable Throwable cause, boolean isWholeRequest) {
        requestBroken(cause, isWholeRequest);
        if (container.reusesWhatIsRead()) {
            requestBody.turn().await();
        }
    }
}
