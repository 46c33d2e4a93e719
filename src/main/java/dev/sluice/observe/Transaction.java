package dev.sluice.observe;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One client request and all that became of it: what was asked, where it went, how long each phase took, how it ended. Whoever serves the
 * request fills it; when it {@link #end ends}, once, its observers get it.
 *
 * <p>Threads: it is written by one thread at a time, each after the one before, as those are that serve a request: first the servlet's, then
 * whoever holds the exchange's monitor. After its end nobody writes, so that observers may read it on any thread that they hand it to. Only
 * {@link #end} may be called by several at the same time.
 *
 * <p>All times are in nanoseconds, and 0 where nobody observes.
 */
public final class Transaction {

    /** Of a phase that was not reached, or that there was not. */
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
    private long untilSentNanos = NONE;
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

    // ---- what happens to it, in this order ----

    /**
     * By what it is known elsewhere.
     *
     * @param itsRequestId the value of X-Request-Id; null for none that is sound
     * @param itsTraceparent that of traceparent (W3C Trace Context); null for none that is well-formed
     */
    public void identified(@Nullable String itsRequestId, @Nullable String itsTraceparent) {
        requestId = itsRequestId;
        traceparent = itsTraceparent;
    }

    /** A rule was found. */
    public void routed(String itsRule, String itsGroup) {
        rule = itsRule;
        group = itsGroup;
        observation.routed(this);
    }

    /** It waits for room at a target, until {@link #leavesQueue}. May happen again before a further attempt. */
    public void queues() {
        phase = Phase.QUEUE;
        queuedAt = observation.nanoTime();
    }

    /** There is room, or nothing to wait for any more. Does nothing if it does not wait. */
    public void leavesQueue() {
        if (queuedAt != NONE) {
            queueNanos += observation.nanoTime() - queuedAt;
            queuedAt = NONE;
        }
    }

    /**
     * A target is tried; what the one before has said does not count any more.
     *
     * @param name as people are shown it
     * @param address {@code address:port}
     */
    public void attempts(String name, String address) {
        if (target != null && !target.equals(name)) {
            failovers++;
        }
        attempts++;
        target = name;
        targetAddress = address;
        phase = Phase.CONNECT;
        connectNanos = NONE;
        untilSentNanos = NONE;
        firstByteNanos = NONE;
        targetStatus = 0;
        clientStatus = 0;
    }

    /** The attempt has a new connection. Not for one that is used again. */
    public void connected(long nanos) {
        connectNanos = nanos;
    }

    /** The request begins to be sent to the target. */
    public void sends() {
        phase = Phase.HEADERS;
        untilSentNanos = observation.nanoTime() - begunAt;
    }

    /** The head of the target's answer has come. */
    public void answered(int status) {
        phase = Phase.DATA;
        firstByteNanos = observation.nanoTime() - begunAt - untilSentNanos;
        targetStatus = status;
    }

    /** The client is answered with this, or would be: it may leave before. */
    public void answers(int status) {
        clientStatus = status;
    }

    /**
     * A try came to nothing. Writes nothing, so that any thread may call it.
     *
     * @param itsTarget as in {@link #attempts}
     */
    public void attemptFailed(String itsTarget, AttemptFailure why) {
        observation.attemptFailed(this, itsTarget, why);
    }

    /** Both sides have agreed to another protocol. */
    public void becomesTunnel() {
        tunnel = true;
        observation.tunnelled(this);
    }

    /** The target has sent all of its answer. */
    public void responseIsWhole() {
        phase = Phase.LAST;
    }

    /**
     * It does not end as it should. The first such word counts: what follows only follows from it.
     *
     * @param where null for the phase that it is in
     * @param why for people; may quote the request
     */
    public void fails(TerminationCause by, @Nullable Phase where, String why) {
        if (cause == TerminationCause.NONE) {
            cause = by;
            failure = why;
            phase = where == null ? phase : where;
        }
    }

    /**
     * Hands it over to those who observe. Only the first call counts. On any thread.
     *
     * @param fromClient how many bytes of the request's body were read, or have gone up a tunnel
     * @param toClient how many bytes of an answer's body were handed to the host, or have gone down a tunnel
     */
    public void end(long fromClient, long toClient) {
        end(TerminationCause.NONE, "", fromClient, toClient);
    }

    /** The same, for what may end more than once at the same time, each time for another reason. */
    public void end(TerminationCause by, String why, long fromClient, long toClient) {
        if (ended.compareAndSet(false, true)) {
            if (by != TerminationCause.NONE) {
                fails(by, null, why);
            }
            bytesFromClient = fromClient;
            bytesToClient = toClient;
            leavesQueue();
            totalNanos = observation.nanoTime() - begunAt;
            observation.ended(this);
        }
    }

    /** What its times are measured by: {@link System#nanoTime}, or 0 where nobody observes. */
    public long nanoTime() {
        return observation.nanoTime();
    }

    // ---- what is known of it ----

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

    /** As {@code HTTP/1.1}. */
    public String protocol() {
        return protocol;
    }

    /** Null where nobody wanted to know. */
    public @Nullable Client client() {
        return client;
    }

    /** The value of X-Request-Id: the client's, or the one that was made. Null for none. */
    public @Nullable String requestId() {
        return requestId;
    }

    /** The value of traceparent: the client's, or the one that was made. Null for none. */
    public @Nullable String traceparent() {
        return traceparent;
    }

    /** When it began, in milliseconds since 1970. */
    public long beganMillis() {
        return beganMillis;
    }

    /** The path prefix of its rule; null if it was refused before it had one. */
    public @Nullable String rule() {
        return rule;
    }

    /** The name of its target group; null without a rule. */
    public @Nullable String group() {
        return group;
    }

    /** The last target that was tried, as people are shown it; null if none was. */
    public @Nullable String target() {
        return target;
    }

    /** Its {@code address:port}, an IPv6 address in brackets; null if none was tried. */
    public @Nullable String targetAddress() {
        return targetAddress;
    }

    /** How many times it was tried to send it to a target, the connection that turned out to be closed included. */
    public int attempts() {
        return attempts;
    }

    /** How many of the attempts were repetitions, on whichever target. */
    public int retries() {
        return Math.max(0, attempts - 1);
    }

    /** How many of the attempts were on another target than the one before. */
    public int failovers() {
        return failovers;
    }

    /** How long it waited for room at a target, over all attempts. 0 if it did not. */
    public long queueNanos() {
        return queueNanos;
    }

    /** How long the connection of the last attempt took to be made, with its TLS. {@link #NONE} if it was used before, or there was none. */
    public long connectNanos() {
        return connectNanos;
    }

    /** From the beginning until it was begun to be sent, in its last attempt. {@link #NONE} if that did not happen. */
    public long untilSentNanos() {
        return untilSentNanos;
    }

    /** From when it was begun to be sent until the head of the answer had come, in its last attempt. {@link #NONE} if that did not happen. */
    public long firstByteNanos() {
        return firstByteNanos;
    }

    /** From the beginning to the end. {@link #NONE} before it. */
    public long totalNanos() {
        return totalNanos;
    }

    /** Of the last target that was tried; 0 if it did not answer. */
    public int targetStatus() {
        return targetStatus;
    }

    /** What the client was answered; 0 if it left before that. */
    public int clientStatus() {
        return clientStatus;
    }

    /** Whether it became a tunnel. */
    public boolean isTunnel() {
        return tunnel;
    }

    /** Who or what ended it. */
    public TerminationCause cause() {
        return cause;
    }

    /** How far it had come; says nothing of one that ended as it should. */
    public Phase phase() {
        return phase;
    }

    /** Cause and phase in two letters, as {@code sH}; {@code --} if it ended as it should. */
    public String termination() {
        return cause == TerminationCause.NONE ? "--" : String.valueOf(new char[] {cause.letter(), phase.letter()});
    }

    /** Why it did not end as it should, for people; null if it did. */
    public @Nullable String failure() {
        return failure;
    }

    /** Of the request's body, or up the tunnel. */
    public long bytesFromClient() {
        return bytesFromClient;
    }

    /** Of the answer's body, or down the tunnel. */
    public long bytesToClient() {
        return bytesToClient;
    }
}
