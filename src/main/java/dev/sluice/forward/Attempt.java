package dev.sluice.forward;

import dev.sluice.forward.connection.ConnectionPool;
import dev.sluice.forward.connection.ExchangeHandler;
import dev.sluice.forward.connection.TargetConnection;
import dev.sluice.forward.connection.UnsendableException;
import dev.sluice.forward.head.ResponseCheck;
import dev.sluice.forward.head.Trailers;
import dev.sluice.observe.TerminationCause;
import dev.sluice.target.Lease;
import dev.sluice.target.Lease.Outcome;
import dev.sluice.target.Target;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.apache.hc.client5.http.nio.AsyncConnectionEndpoint;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.RequestNotExecutedException;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.apache.hc.core5.http.nio.RequestChannel;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http2.H2Error;
import org.apache.hc.core5.http2.H2StreamResetException;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * One try on one target: leases a connection, establishes it if it is new, sends the request, and hands the response to
 * the exchange. Ends exactly once, in {@link #markEnded}: with the last byte of the response, with a failure, or
 * because the client left. Callbacks of HttpCore after that have no effect.
 *
 * <p>Threads: {@link #start} runs on a thread of the exchange; a connection's callbacks run one at a time, on its
 * reactor thread or on the thread that begins a request on it; {@link #end} may be called from any thread. The monitor
 * guards only {@code ended}, {@code timeout} and, until the attempt has ended, {@code endpoint}. It is never held
 * during a call that might call back.
 */
final class Attempt implements ExchangeHandler {

    private static final int MAX_INTERIM_RESPONSES = 100;

    private final Exchange exchange;
    private final Attempts attempts;
    private final Lease lease;
    private final ConnectionPool pool;
    private final boolean onFreshConnection;
    private final Timeout connectTimeout;

    private @Nullable AsyncConnectionEndpoint endpoint;
    private Timeout timeout;
    private boolean ended;

    private volatile boolean onReusedConnection;
    private volatile boolean responseBegun;
    private volatile boolean waitsForClient; // else for the target
    private volatile @Nullable TargetConnection connection; // null until the request is sent on it
    private @Nullable String keepAliveField;
    private int interimResponses;

    /**
     * @param timeout how long it may take to get a connection, and how long the target may stay silent
     * @param onFreshConnection whether to use a new connection instead of one that was kept alive
     */
    Attempt(
            Exchange exchange,
            Attempts attempts,
            Lease lease,
            ConnectionPool pool,
            Timeout timeout,
            boolean onFreshConnection) {
        this.exchange = exchange;
        this.attempts = attempts;
        this.lease = lease;
        this.pool = pool;
        this.connectTimeout = timeout;
        this.timeout = timeout;
        this.onFreshConnection = onFreshConnection;
    }

    Lease lease() {
        return lease;
    }

    void start() {
        lease.whenRevoked(this::revoked);
        pool.lease(lease.target().route(), connectTimeout, new ConnectionCallback() {
            @Override
            public void completed(AsyncConnectionEndpoint leased) {
                exchange.guarded(() -> leased(leased));
            }
        });
    }

    private void leased(AsyncConnectionEndpoint leased) {
        if (onFreshConnection) {
            leased.close(CloseMode.IMMEDIATE);
        }
        onReusedConnection = leased.isConnected();
        if (onReusedConnection) {
            connected(leased);
        } else {
            connect(leased);
        }
    }

    private void connect(AsyncConnectionEndpoint leased) {
        long begun = exchange.transaction().nanoTime();
        ConnectionCallback callback = new ConnectionCallback() {
            @Override
            public void completed(AsyncConnectionEndpoint connected) {
                exchange.guarded(() -> {
                    exchange.connected(Attempt.this, begun);
                    connected(connected);
                });
            }

            @Override
            public void failed(Exception cause) {
                pool.discard(leased);
                super.failed(cause);
            }
        };
        try {
            pool.connect(leased, connectTimeout, callback);
        } catch (IllegalStateException e) { // the reactor has died
            callback.failed(e);
        }
    }

    /**
     * From here on {@link #end} closes the connection. While it was being established, only the callback could: there
     * was nothing to close yet.
     */
    private void connected(AsyncConnectionEndpoint connected) {
        boolean late;
        synchronized (this) {
            late = ended;
            endpoint = late ? null : connected;
        }
        if (late) {
            pool.discard(connected);
        } else {
            try {
                pool.setTimeout(connected, timeout);
                pool.execute(connected, this);
            } catch (IllegalStateException e) { // the connection was closed
                lose(Failure.Kind.NOT_SENT, e);
            }
        }
    }

    /** What leasing and connecting share: if either fails, nothing was sent. */
    private abstract class ConnectionCallback implements FutureCallback<AsyncConnectionEndpoint> {

        @Override
        public void failed(Exception cause) {
            exchange.guarded(() -> lose(
                    cause instanceof SocketTimeoutException ? Failure.Kind.CONNECT_TIMEOUT : Failure.Kind.NOT_CONNECTED,
                    cause));
        }

        @Override
        public void cancelled() {
            failed(new CancellationException("cancelled"));
        }
    }

    /**
     * Sets whether the client is waited for, so that the target may be silent. Others see to it that the client is not
     * waited for for ever. Called with the exchange's monitor held.
     */
    void setWaitsForClient(boolean waits) {
        if (waitsForClient != waits) {
            waitsForClient = waits;
            restartTimeout();
        }
    }

    /** Sets how long the target may stay silent from now on. */
    private synchronized void setTimeout(Timeout next) {
        timeout = next;
        restartTimeout();
    }

    private synchronized void restartTimeout() {
        if (endpoint != null && !ended) { // else the connection may serve another request already
            TargetConnection carrying = connection;
            if (carrying != null) {
                carrying.restartTimeout();
            }
            try {
                pool.setTimeout(endpoint, waitsForClient ? Timeout.DISABLED : timeout);
            } catch (IllegalStateException e) {
                // the connection was closed meanwhile, as its reactor thread will report
            }
        }
    }

    @Override
    public void produceRequest(RequestChannel channel, HttpContext context) throws HttpException, IOException {
        TargetConnection carrying = TargetConnection.current();
        carrying.inUse(lease.target().keepAlive());
        connection = carrying;
        channel.sendRequest(exchange.targetRequest(this), exchange.targetRequestBody(), context);
        if (exchange.targetRequestBody() == null) {
            lease.requestSent();
        }
    }

    @Override
    public int available() {
        return exchange.unsentBytes();
    }

    @Override
    public void produce(DataStreamChannel channel) {
        exchange.guarded(() -> exchange.sendBody(this, channel));
    }

    @Override
    public void consumeInformation(HttpResponse response, HttpContext context) throws HttpException {
        ResponseCheck.check(response);
        if (response.getCode() == HttpStatus.SC_SWITCHING_PROTOCOLS) {
            switchProtocols(response);
            return;
        }
        if (++interimResponses > MAX_INTERIM_RESPONSES) { // each restarts the time-out
            throw new ProtocolException("too many interim responses, the last of them " + response.getCode());
        }
        if (response.getCode() > HttpStatus.SC_CONTINUE && !hasEnded()) { // 100 concerns one connection only
            exchange.guarded(() -> exchange.interimResponse(this, response));
        }
    }

    private void switchProtocols(HttpResponse response) throws ProtocolException {
        String protocols = exchange.agreedUpgrade(response);
        if (protocols == null) {
            throw new ProtocolException("an upgrade that was not requested");
        }
        if (!hasEnded()) {
            lease.responseBegun(response.getCode());
            try {
                exchange.becomesTunnel(this, response, protocols, TargetConnection.current());
            } catch (RuntimeException | Error e) {
                exchange.failedUnexpectedly(e);
            }
        }
    }

    @Override
    public void consumeResponse(HttpResponse response, @Nullable EntityDetails body, HttpContext context)
            throws HttpException {
        if (hasEnded()) {
            return;
        }
        ResponseCheck.check(response);
        responseBegun = true;
        lease.responseBegun(response.getCode());
        if (attempts.tryElsewhere(this, response.getCode())) {
            return;
        }
        Header field = response.getFirstHeader("Keep-Alive");
        keepAliveField = field == null ? null : field.getValue();
        TargetConnection.current().received(this);
        if (body != null && ResponseBody.isStream(body)) {
            setTimeout(exchange.streamIdleTimeout());
        }
        exchange.guarded(() -> exchange.responseBegins(this, response, body));
        if (body == null) {
            responseEnds(Map.of());
        }
    }

    /** Called for HTTP/2 only, whose buffer must not be kept. */
    @Override
    public void consume(ByteBuffer source) {
        take(source, false);
    }

    @Override
    public boolean take(ByteBuffer source) {
        return take(source, true);
    }

    private boolean take(ByteBuffer source, boolean mayKeep) {
        if (hasEnded()) {
            return false;
        }
        TargetConnection.current().received(this);
        return exchange.takeResponseBody(this, source, mayKeep);
    }

    @Override
    public boolean clientKeepsUp() {
        return exchange.clientKeepsUp();
    }

    @Override
    public void inputPauses() {
        if (!hasEnded()) {
            exchange.guarded(() -> exchange.responsePauses(this));
        }
    }

    @Override
    public void updateCapacity(CapacityChannel window) {
        if (!hasEnded()) {
            exchange.guarded(() -> exchange.responseWindow(this, window));
        }
    }

    @Override
    public void streamEnd(@Nullable List<? extends Header> trailers) throws HttpException {
        if (trailers == null || trailers.isEmpty()) {
            responseEnds(Map.of());
        } else {
            ResponseCheck.checkTrailers(trailers);
            responseEnds(Trailers.merged(trailers));
        }
    }

    private void responseEnds(Map<String, String> trailers) {
        TargetConnection carrying = TargetConnection.current();
        boolean isSent = exchange.isRequestSent();
        if (markEnded()) {
            carrying.afterEvent(() -> finishResponse(carrying, isSent, trailers));
        }
    }

    /**
     * The client comes last: its next request is to find this attempt's connection, and its place at the target, free.
     */
    private void finishResponse(TargetConnection carrying, boolean requestIsSent, Map<String, String> trailers) {
        exchange.guarded(requestIsSent ? () -> keepAlive(carrying) : this::discard);
        exchange.guarded(() -> lease.release(Outcome.ANSWERED));
        exchange.guarded(() -> exchange.responseEnds(this, trailers));
    }

    @Override
    public void failed(Exception cause) {
        exchange.guarded(() -> {
            if (cause instanceof UnsendableException) {
                lose(Failure.Kind.UNSENDABLE, cause);
            } else if (connection == null && cause instanceof SocketTimeoutException) {
                lose(Failure.Kind.CONNECT_TIMEOUT, cause); // HTTP/2 was not agreed upon in time
            } else if (connection == null || cause instanceof RequestNotExecutedException) {
                lose(Failure.Kind.NOT_SENT, cause);
            } else if (cause instanceof SocketTimeoutException) {
                lose(Failure.Kind.SILENT, cause);
            } else if (isCancellation(cause) && exchange.hasDeadline()) {
                lose(Failure.Kind.CANCELLED, cause);
            } else {
                lose(isNotHttp(cause) ? Failure.Kind.NOT_HTTP : Failure.Kind.BROKEN, cause);
            }
        });
    }

    private static boolean isCancellation(Exception cause) {
        return cause instanceof H2StreamResetException reset && reset.getCode() == H2Error.CANCEL.getCode();
    }

    /** HttpCore has faults of a chunked body as I/O exceptions. */
    private static boolean isNotHttp(Exception cause) {
        return cause instanceof HttpException
                || cause instanceof MalformedChunkCodingException
                || cause instanceof MessageConstraintException;
    }

    @Override
    public void cancel() {
        exchange.guarded(() -> lose(connection == null ? Failure.Kind.NOT_SENT : Failure.Kind.BROKEN, null));
    }

    @Override
    public void releaseResources() {
        // HttpCore is done with this handler, after the response or a failure
    }

    /** Keeps the lease: if only a kept-alive connection was closed, the same target is tried again. */
    private void lose(Failure.Kind kind, @Nullable Exception cause) {
        Failure failure = new Failure(kind, cause);
        if (end(null)) {
            attempts.failed(this, failure, onReusedConnection && !responseBegun && failure.isBrokenConnection());
        }
    }

    /** The target has left its group, and its time to finish is over. */
    private void revoked() {
        exchange.guarded(() -> lose(Failure.Kind.DEREGISTERED, null));
    }

    /**
     * Why the connection ends when its tunnel has not ended it: deregistration, the stop of Sluice, or else the target.
     */
    TerminationCause whoEnds() {
        if (lease.target().isGone()) {
            return TerminationCause.DEREGISTERED;
        }
        return exchange.isStopped() ? TerminationCause.KILLED : TerminationCause.TARGET;
    }

    @Override
    public synchronized boolean hasEnded() {
        return ended;
    }

    /**
     * Ends the attempt, resets its connection, and releases its lease.
     *
     * @param outcome null to keep the lease
     * @return false if the attempt had already ended
     */
    boolean end(@Nullable Outcome outcome) {
        if (!markEnded()) {
            return false;
        }
        exchange.guarded(this::discard);
        if (outcome != null) {
            lease.release(outcome);
        }
        return true;
    }

    /** Returns true to the one caller that ends the attempt. */
    private synchronized boolean markEnded() {
        boolean had = ended;
        ended = true;
        return !had;
    }

    private void discard() {
        AsyncConnectionEndpoint leased = endpoint;
        if (leased != null) {
            pool.discard(leased);
        }
    }

    private void keepAlive(TargetConnection carrying) {
        AsyncConnectionEndpoint leased = endpoint;
        Target target = lease.target();
        if (leased == null || target.isGone() || !carrying.isFitForAnother()) {
            discard();
        } else {
            carrying.idle();
            pool.release(leased, TimeValue.ofMilliseconds(target.keepAlive().millis(keepAliveField)));
        }
    }
}
