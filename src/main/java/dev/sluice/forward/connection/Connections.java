package dev.sluice.forward.connection;

import dev.sluice.config.TransportConfiguration;
import dev.sluice.target.ConnectionCount;
import dev.sluice.target.Target;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All connections to targets. They outlive a configuration: each has its own forwarder, and all of these share this. Safe
 * for use by many threads.
 */
public final class Connections implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

    private final ScheduledExecutorService timer;
    private final Future<?> closingExpired;
    private Set<TransportConfiguration> prepared = Set.of(); // guarded by this
    private Set<TransportConfiguration> inUse = Set.of(); // guarded by this
    private volatile Reactor reactor;
    private volatile boolean closed;

    /** @param timer runs short tasks; outlives the connections */
    public Connections(ScheduledExecutorService timer) {
        this.timer = timer;
        this.reactor = new Reactor(timer);
        this.closingExpired = timer.scheduleWithFixedDelay(this::closeExpired, 1, 1, TimeUnit.SECONDS);
    }

    /**
     * Makes sure that targets can be spoken to over these transports, until the next ones are prepared.
     *
     * @throws RuntimeException if one of them cannot be set up
     */
    public synchronized void prepare(Set<TransportConfiguration> transports) {
        prepared = Set.copyOf(transports);
        transports.forEach(current()::to);
    }

    /**
     * Sets the transports over which targets are spoken to from now on, including those that drain; requests may come
     * for no others. The pool of another transport, unless that is prepared, goes when it has no connections any more.
     */
    public synchronized void use(Set<TransportConfiguration> transports) {
        inUse = Set.copyOf(transports);
    }

    /** The connections to a target as of now. */
    public ConnectionCount count(Target target) {
        ConnectionPool pool = reactor.existing(target.transport());
        return pool == null ? ConnectionCount.NONE : pool.count(target.route());
    }

    /** How many transports have a pool: plain HTTP/1.1 always, and others until they are let go. */
    public int transports() {
        return reactor.pools();
    }

    /** Closes the idle connections to a target that gets no more requests. */
    public void forget(Target target) {
        ConnectionPool pool = reactor.existing(target.transport());
        if (pool != null) {
            pool.closeIdle(target.route());
        }
    }

    /** The pool for this target, and for all others with its transport. */
    public ConnectionPool pool(Target target) {
        return current().to(target.transport());
    }

    /** The reactor; another, if that has died. */
    Reactor current() {
        Reactor current = reactor;
        return current.isRunning() ? current : replaced();
    }

    private synchronized Reactor replaced() {
        if (!reactor.isRunning() && !closed) {
            LOG.error("The reactor has died, starting another");
            timer.execute(reactor::close); // waits for the reactor's threads, of which this may be one
            reactor = new Reactor(timer);
        }
        return reactor;
    }

    /** Closes connections whose keep-alive has expired, and lets go of unused pools. Runs by itself every second. */
    public void closeExpired() {
        try {
            reactor.closeExpired();
            retain();
        } catch (RuntimeException | Error e) {
            LOG.error("Connections that expired could not be closed", e); // rethrown, it would end the schedule
        }
    }

    private synchronized void retain() {
        reactor.retain(Stream.concat(prepared.stream(), inUse.stream()).collect(Collectors.toUnmodifiableSet()));
    }

    /** Whether everything ends: a connection that breaks then says nothing about its target. */
    public boolean isClosed() {
        return closed;
    }

    /**
     * Ends everything at once: exchanges in flight are answered with 503 or broken off; those that only linger end
     * soon.
     */
    @Override
    public void close() {
        Reactor last;
        synchronized (this) {
            closed = true;
            last = reactor;
        }
        last.close();
        closingExpired.cancel(false);
    }
}
