package dev.sluice.forward;

import dev.sluice.config.TransportConfiguration;
import dev.sluice.target.ConnectionCount;
import dev.sluice.target.Target;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections to all targets, and what else of the way to them outlives a configuration: each has a {@link Forwarder} of its own, all
 * of which share this. Safe for use by many threads.
 */
public final class Connections implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

    /** So many of the host's threads may wait for a target's decision, see {@link Handshake}: half of what Tomcat has by default. */
    private static final int MAX_WAITING = 100;

    private final Semaphore waiting = new Semaphore(MAX_WAITING);
    private final Via via = new Via();
    private final LongAdder exchangesBegun = new LongAdder();
    private final LongAdder exchangesEnded = new LongAdder();
    private final ScheduledExecutorService timer;
    private final Future<?> closingExpired;
    private Set<TransportConfiguration> prepared = Set.of(); // guarded by the monitor, as what follows
    private Set<TransportConfiguration> inUse = Set.of();
    private volatile ConnectionPools pools = new ConnectionPools();
    private volatile boolean closed;

    /** @param timer for short tasks; outlives the connections */
    public Connections(ScheduledExecutorService timer) {
        this.timer = timer;
        this.closingExpired = timer.scheduleWithFixedDelay(this::closeExpired, 1, 1, TimeUnit.SECONDS);
    }

    /**
     * Makes sure that targets can be spoken to in these ways, until the next ones are prepared.
     *
     * @throws RuntimeException if they cannot
     */
    public synchronized void prepare(Set<TransportConfiguration> transports) {
        prepared = Set.copyOf(transports);
        transports.forEach(current()::to);
    }

    /**
     * In these ways targets are spoken to from now on, those that drain included; requests may come for no others. What is kept for others, and
     * is not prepared, goes when it has no connections any more.
     */
    public synchronized void use(Set<TransportConfiguration> transports) {
        inUse = Set.copyOf(transports);
    }

    /** How many connections to targets are in use now. */
    public int leased() {
        return pools.leased();
    }

    /** Those to a target as of now. */
    public ConnectionCount count(Target target) {
        ConnectionPool pool = pools.existing(target.transport());
        return pool == null ? ConnectionCount.NONE : pool.count(target.route());
    }

    /** For how many ways to speak to targets there are connections, or were until now. */
    public int transports() {
        return pools.size();
    }

    /** Closes what is left of the connections to a target that gets no more requests. */
    public void forget(Target target) {
        ConnectionPool pool = pools.existing(target.transport());
        if (pool != null) {
            pool.closeIdle(target.route());
        }
    }

    /** The name under which a message was passed on: the same for ever, so that a request that comes back is known in any case. */
    Via via() {
        return via;
    }

    /** The connections to this target and its like. */
    ConnectionPool pool(Target target) {
        return current().to(target.transport());
    }

    /** The pools of now, new ones if their reactor has died. */
    ConnectionPools current() {
        ConnectionPools current = pools;
        return current.isRunning() ? current : replaced();
    }

    private synchronized ConnectionPools replaced() {
        if (!pools.isRunning() && !closed) {
            LOG.error("The reactor has died, starting another");
            timer.execute(pools::close); // it waits for the reactor's threads, of which this may be one
            pools = new ConnectionPools();
        }
        return pools;
    }

    /** Closes the connections that have been idle for as long as they may be, and lets go of what is not used. Done by itself each second. */
    public void closeExpired() {
        try {
            pools.closeExpired();
            retain();
        } catch (RuntimeException e) {
            LOG.error("Connections that expired could not be closed", e); // thrown on, it would end the repetition
        }
    }

    private synchronized void retain() {
        pools.retain(Stream.concat(prepared.stream(), inUse.stream()).collect(Collectors.toUnmodifiableSet()));
    }

    /** Whether everything ends: then a connection that breaks says nothing about its target. */
    boolean isClosed() {
        return closed;
    }

    /** Whether one more thread of the host may wait, which is to say when it has. */
    boolean beginWaiting() {
        return waiting.tryAcquire();
    }

    void endWaiting() {
        waiting.release();
    }

    /** Runs a short task on another thread; not at all once everything has ended. */
    void soon(Runnable task) {
        try {
            timer.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("Too late for this", e);
        }
    }

    /** Runs a short task after some time; null if not at all, for everything has ended. */
    @Nullable
    Future<?> after(long millis, Runnable task) {
        try {
            return timer.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    /** How many requests are neither answered to the end nor given up now; what has become a tunnel is one until that ends. */
    public int exchanges() {
        long ended = exchangesEnded.sum(); // first, so that there are never fewer than none
        return (int) (exchangesBegun.sum() - ended);
    }

    void exchangeBegins() {
        exchangesBegun.increment();
    }

    void exchangeEnds() {
        exchangesEnded.increment();
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
