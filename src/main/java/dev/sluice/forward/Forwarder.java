package dev.sluice.forward;

import dev.sluice.config.ForwardedConfiguration;
import dev.sluice.config.TimeoutConfiguration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.observe.TerminationCause;
import dev.sluice.observe.Transaction;
import dev.sluice.routing.Rule;
import dev.sluice.target.Lease;
import dev.sluice.target.Lease.Outcome;
import dev.sluice.target.Placement;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends requests to targets and their answers back. One serves all target groups. Safe for use by many threads. */
public final class Forwarder implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);

    /** How long the rest of a request is read after its answer. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    /** So many of the host's threads may wait for a target's decision, see {@link Handshake}: half of what Tomcat has by default. */
    private static final int MAX_WAITING = 100;

    private final TimeoutConfiguration timeouts;
    private final Forwarded forwarded;
    private final @Nullable Via via;
    private final Set<String> ownCookies;
    private final Semaphore waiting = new Semaphore(MAX_WAITING);
    private final ScheduledExecutorService timer;
    private final Future<?> closingExpired;
    private final Set<TransportConfiguration> transports;
    private volatile ConnectionPools pools;
    private volatile boolean closed;

    /**
     * @param forwarded what targets are told of who asked
     * @param ownCookies the names of the cookies that no target is to see
     * @param transports how targets are spoken to, all ways that there are
     * @param timer for short tasks; outlives the forwarder
     */
    public Forwarder(
            TimeoutConfiguration timeouts,
            ForwardedConfiguration forwarded,
            Set<String> ownCookies,
            Set<TransportConfiguration> transports,
            ScheduledExecutorService timer) {
        this.timeouts = timeouts;
        this.forwarded = new Forwarded(forwarded);
        this.via = forwarded.via() ? new Via() : null;
        this.ownCookies = Set.copyOf(ownCookies);
        this.transports = Set.copyOf(transports);
        this.pools = new ConnectionPools(timeout(), transports);
        this.timer = timer;
        this.closingExpired = timer.scheduleWithFixedDelay(this::closeExpired, 1, 1, TimeUnit.SECONDS);
    }

    /**
     * Forwards a request to the leased target or, where no connection to it can be made, to others of the rule's group. Returns at
     * once, but in Tomcat for a request that asks for another protocol: there it waits for the target's decision. The answer, also that of a
     * failure, is given through the request's async context. The lease is released in any case.
     *
     * @param lease null if there is no room at any target: the request waits for it, if it may
     * @param transaction is filled, and ended when everything is over
     */
    public void forward(
            Rule<TargetGroup> rule,
            Placement placement,
            @Nullable Lease lease,
            Transaction transaction,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse)
            throws IOException, ServletException {
        try {
            Tunnel tunnel =
                    new Exchange(this, rule, placement, transaction, clientRequest, clientResponse).start(lease);
            if (tunnel != null) {
                clientRequest.upgrade(TomcatTunnelClient.class).carry(tunnel);
            }
        } catch (IOException | RuntimeException | Error e) {
            if (lease != null) {
                lease.release(Outcome.ABANDONED);
            }
            transaction.end(TerminationCause.INTERNAL, "failed unexpectedly", 0, 0);
            throw e;
        }
    }

    /** Whether the request has come from here: then it would come again and again. */
    public boolean isLoop(HttpServletRequest clientRequest) {
        return via != null && via.names(clientRequest);
    }

    /**
     * Answers a request, whose body is larger than the rule's group takes, instead of forwarding it. Returns at once. What the client goes
     * on sending is read for a while, so that the answer is not lost to a reset.
     */
    public void refuseBody(
            Rule<TargetGroup> rule,
            Placement placement,
            Transaction transaction,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse)
            throws IOException {
        try {
            new Exchange(this, rule, placement, transaction, clientRequest, clientResponse).refuseBody();
        } catch (IOException | RuntimeException | Error e) {
            transaction.end(TerminationCause.INTERNAL, "failed unexpectedly", 0, 0);
            throw e;
        }
    }

    /** How many connections to targets are in use now. */
    public int leasedConnections() {
        return pools.leased();
    }

    Forwarded forwarded() {
        return forwarded;
    }

    /** Null if no message is to name Sluice. */
    @Nullable
    Via via() {
        return via;
    }

    Set<String> ownCookies() {
        return ownCookies;
    }

    /** How long a target may stay silent. */
    Timeout timeout() {
        return milliseconds(timeouts.connection());
    }

    /** How long a stream may pause. */
    Timeout streamIdleTimeout() {
        return milliseconds(timeouts.streamIdle()); // zero disables it
    }

    /** How long nothing may pass through a tunnel. */
    Timeout tunnelIdleTimeout() {
        return milliseconds(timeouts.tunnelIdle());
    }

    /** In the unit in which it is to be seen in the log. */
    private static Timeout milliseconds(Duration duration) {
        return Timeout.ofMilliseconds(duration.toMillis());
    }

    /** Whether one more thread of the host may wait, which is to say when it has. */
    boolean beginWaiting() {
        return waiting.tryAcquire();
    }

    void endWaiting() {
        waiting.release();
    }

    /** The connections to this target and its like. */
    ConnectionPool pool(Target target) {
        return pools().to(target);
    }

    /** The connections to all targets, new ones if their reactor has died. */
    ConnectionPools pools() {
        ConnectionPools current = pools;
        return current.isRunning() ? current : replaced();
    }

    private synchronized ConnectionPools replaced() {
        if (!pools.isRunning() && !closed) {
            LOG.error("The reactor has died, starting another");
            timer.execute(pools::close); // it waits for the reactor's threads, of which this may be one
            pools = new ConnectionPools(timeout(), transports);
        }
        return pools;
    }

    /** Closes what is left of the connections to a target that gets no more requests. */
    public void forget(Target target) {
        pools.to(target).closeIdle(target.route());
    }

    private void closeExpired() {
        try {
            pools.closeExpired();
        } catch (RuntimeException e) {
            LOG.error("Connections that expired could not be closed", e); // thrown on, it would end the repetition
        }
    }

    /** Whether it was closed: then a connection that breaks says nothing about its target. */
    boolean isClosed() {
        return closed;
    }

    /** Runs a short task on another thread; not at all once everything has ended. */
    void soon(Runnable task) {
        try {
            timer.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("Too late for this", e);
        }
    }

    /** Runs it when a request has been lingered over for long enough; null if it is not to be lingered over at all. */
    @Nullable
    Future<?> afterLingering(Runnable stop) {
        try {
            return timer.schedule(stop, LINGER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    /** Ends everything at once: exchanges in flight are answered 503 or broken off, those that only linger end soon. */
    @Override
    public void close() {
        ConnectionPools last;
        synchronized (this) {
            closed = true;
            last = pools;
        }
        last.close();
        closingExpired.cancel(false);
    }
}
