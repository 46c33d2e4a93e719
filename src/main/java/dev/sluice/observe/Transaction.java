package dev.sluice.observe;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The record of one client request: what was requested, where it went, how long each phase took, and how it ended. The
 * code that serves the request fills it in, event by event. When the request {@link #end ends}, the record is handed to
 * the observers, once.
 *
 * <p>Not thread-safe: written first by the servlet's thread, then by whichever thread holds the exchange's monitor. It
 * does not change after the end, so observers may hand it to any thread. {@link #end} may be called by several threads
 * at once, and {@link #attemptFailed} by any.
 *
 * <p>All times are in nanoseconds unless their name says otherwise, and 0 if there are no observers.
 */
public final class Transaction {

    /** The duration of a phase that was not reached, or did not take place. */
    public static final long NONE = -1;

    private final Observation observation;
    private final String method;
    private final String path;
    private final @Nullable String query;
    private final String protocol;
    private final @Nullable Client client;
    private final long begunAt;
    private final long beganMillis;

    private @Nullable String requestId;
    private @Nullable String traceparent;
    private @Nullable String rule;
    private @Nullable String group;
    private @Nullable String target;
    private @Nullable String targetAddress;
    private int attempts;
    private int failovers;

    private Phase phase = Phase.REQUEST;
    private long queuedAt = NONE;
    private long queueNanos;
    private long connectNanos = NONE;
    private long sendingAt = NONE;
    private long firstByteNanos = NONE;
    private long totalNanos = NONE;

    private int targetStatus;
    private int clientStatus;
    private boolean tunnel;
    private TerminationCause cause = TerminationCause.NONE;
    private @Nullable String failure;
    private long bytesFromClient;
    private long bytesToClient;
    private final AtomicBoolean ended = new AtomicBoolean();

    Transaction(
            Observation observation,
            String method,
            String path,
            @Nullable String query,
            String protocol,
            @Nullable Client client) {
        this.observation = observation;
        this.method = method;
        this.path = path;
        this.query = query;
        this.protocol = protocol;
        this.client = client;
        this.begunAt = observation.nanoTime();
        this.beganMillis = observation.currentTimeMillis();
    }

    /**
     * Sets the identifiers by which other systems know the request.
     *
     * @param itsRequestId the value of X-Request-Id; null for none
     * @param itsTraceparent the value of traceparent (W3C Trace Context); null for none
     */
    public void identified(@Nullable String itsRequestId, @Nullable String itsTraceparent) {
        requestId = itsRequestId;
        traceparent = itsTraceparent;
    }

    /**
     * A rule matches the request.
     *
     * @param itsRule the path prefix of the rule
     * @param itsGroup the name of the target group
     */
    public void routed(String itsRule, String itsGroup) {
        rule = itsRule;
        group = itsGroup;
    }

    /**
     * The request waits for room at a target, until {@link #dequeued}. May happen again before a further attempt.
     */
    public void queued() {
        phase = Phase.QUEUE;
        queuedAt = observation.nanoTime();
    }

    /** The request stops waiting, for whatever reason. No-op if it does not wait. */
    public void dequeued() {
        if (queuedAt != NONE) {
            queueNanos += observation.nanoTime() - queuedAt;
            queuedAt = NONE;
        }
    }

    /**
     * An attempt begins. Discards the times and the statuses of the attempt before.
     *
     * @param name of the target, for people
     * @param address {@code address:port}
     */
    public void attemptStarted(String name, String address) {
        if (target != null && !target.equals(name)) {
            failovers++;
        }
        attempts++;
        target = name;
        targetAddress = address;
        phase = Phase.CONNECT;
        connectNanos = NONE;
        sendingAt = NONE;
        firstByteNanos = NONE;
        targetStatus = 0;
        clientStatus = 0;
    }

    /** The attempt has made a new connection, in this time. Not called for a reused connection. */
    public void connected(long nanos) {
        connectNanos = nanos;
    }

    /** Sending the request to the target begins. */
    public void sending() {
        phase = Phase.HEADERS;
        sendingAt = observation.nanoTime();
    }

    /** The head of the target's response has arrived. */
    public void targetAnswered(int status) {
        phase = Phase.DATA;
        firstByteNanos = observation.nanoTime() - sendingAt;
        targetStatus = status;
    }

    /** The client is answered with this status, unless it leaves before. */
    public void clientAnswered(int status) {
        clientStatus = status;
    }

    /**
     * An attempt has failed. Only tells the observers and does not change the record, so it may be called from any
     * thread.
     *
     * @param itsTarget its name as in {@link #attemptStarted}
     */
    public void attemptFailed(String itsTarget, AttemptFailure why) {
        observation.attemptFailed(this, itsTarget, why);
    }

    /** The client and the target have switched protocols. */
    public void becameTunnel() {
        tunnel = true;
        observation.tunnelled(this);
    }

    /** The target has sent its whole response. */
    public void responseCompleted() {
        phase = Phase.LAST;
    }

    /**
     * The request fails. Only the first call counts: later failures are consequences of the first.
     *
     * @param where null for the current phase
     * @param why for people; may quote the request
     */
    public void failed(TerminationCause by, @Nullable Phase where, String why) {
        if (cause == TerminationCause.NONE) {
            cause = by;
            failure = why;
            phase = where == null ? phase : where;
        }
    }

    /**
     * The request has ended: hands the record to the observers. Only the first call counts. May be called from any
     * thread.
     *
     * @param fromClient how many bytes of the request's body were read, or were sent up the tunnel
     * @param toClient how many bytes of the response's body were handed to the host, or were sent down the tunnel
     */
    public void end(long fromClient, long toClient) {
        end(TerminationCause.NONE, "", fromClient, toClient);
    }

    /**
     * The same, but the call that counts also sets the cause: for callers that may race to end the request for
     * different reasons.
     */
    public void end(TerminationCause by, String why, long fromClient, long toClient) {
        if (ended.compareAndSet(false, true)) {
            if (by != TerminationCause.NONE) {
                failed(by, null, why);
            }
            bytesFromClient = fromClient;
            bytesToClient = toClient;
            dequeued();
            totalNanos = observation.nanoTime() - begunAt;
            observation.ended(this);
        }
    }

    /** The clock of its times: {@link System#nanoTime}, or always 0 if there are no observers. */
    public long nanoTime() {
        return observation.nanoTime();
    }

    /** As the client sent it. */
    public String method() {
        return method;
    }

    /** Raw, without the query. */
    public String path() {
        return path;
    }

    /** Raw; null for none. */
    public @Nullable String query() {
        return query;
    }

    /** Such as {@code HTTP/1.1}. */
    public String protocol() {
        return protocol;
    }

    /** Null if no observer needs it. */
    public @Nullable Client client() {
        return client;
    }

    /** The value of X-Request-Id, sent by the client or generated; null for none. */
    public @Nullable String requestId() {
        return requestId;
    }

    /** The value of traceparent, sent by the client or generated; null for none. */
    public @Nullable String traceparent() {
        return traceparent;
    }

    /** When the request began, in milliseconds since 1970; 0 if there are no observers. */
    public long beganMillis() {
        return beganMillis;
    }

    /** The path prefix of the rule; null if the request was refused before it had one. */
    public @Nullable String rule() {
        return rule;
    }

    /** The name of the target group; null without a rule. */
    public @Nullable String group() {
        return group;
    }

    /** The name of the last target that was tried; null for none. */
    public @Nullable String target() {
        return target;
    }

    /** The {@code address:port} of the last target that was tried, an IPv6 address in brackets; null for none. */
    public @Nullable String targetAddress() {
        return targetAddress;
    }

    /** The number of attempts, including those whose reused connection turned out to be closed. */
    public int attempts() {
        return attempts;
    }

    /** The number of attempts after the first, on whichever target. */
    public int retries() {
        return Math.max(0, attempts - 1);
    }

    /** The number of attempts on a different target than the attempt before. */
    public int failovers() {
        return failovers;
    }

    /** How long the request waited for room at a target, over all attempts; 0 if it did not wait. */
    public long queueNanos() {
        return queueNanos;
    }

    /**
     * How long making the connection of the last attempt took, with TLS. {@link #NONE} for a reused connection, or for
     * none.
     */
    public long connectNanos() {
        return connectNanos;
    }

    /**
     * From the beginning of the request to the beginning of its sending in the last attempt; {@link #NONE} if it was
     * not sent.
     */
    public long untilSendingNanos() {
        return sendingAt == NONE ? NONE : sendingAt - begunAt;
    }

    /**
     * From the beginning of the sending to the head of the response, in the last attempt; {@link #NONE} if there was no
     * response.
     */
    public long firstByteNanos() {
        return firstByteNanos;
    }

    /** From the beginning to the end of the request; {@link #NONE} before the end. */
    public long totalNanos() {
        return totalNanos;
    }

    /** The status of the last attempt's response; 0 if there was none. */
    public int targetStatus() {
        return targetStatus;
    }

    /** The status of the client response, even if the client left before it; 0 if there was none. */
    public int clientStatus() {
        return clientStatus;
    }

    /** Whether the exchange became a tunnel. */
    public boolean isTunnel() {
        return tunnel;
    }

    /** Who or what ended the request. */
    public TerminationCause cause() {
        return cause;
    }

    /** The letters of cause and phase, such as {@code sH}; {@code --} if the request ended normally. */
    public String termination() {
        return cause == TerminationCause.NONE ? "--" : String.valueOf(new char[] {cause.letter(), phase.letter()});
    }

    /** Why the request failed, for people; null if it ended normally. */
    public @Nullable String failure() {
        return failure;
    }

    /** Bytes of the request's body that were read, or that were sent up the tunnel. */
    public long bytesFromClient() {
        return bytesFromClient;
    }

    /** Bytes of the response's body that were handed to the host, or that were sent down the tunnel. */
    public long bytesToClient() {
        return bytesToClient;
    }
}
