package dev.sluice.forward;

import dev.sluice.forward.head.Via;
import dev.sluice.forward.tunnel.Handshake;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All exchanges of this process, whatever the configuration that they began with: how many are in flight, how many may
 * hold a thread, and the timer that they share. Safe for use by many threads.
 */
public final class Exchanges {

    private static final Logger LOG = LoggerFactory.getLogger(Exchanges.class);

    /**
     * Maximum number of host threads that wait for targets' decisions, see {@link Handshake}: half of Tomcat's default.
     */
    private static final int MAX_HANDSHAKES = 100;

    private final Semaphore handshakes = new Semaphore(MAX_HANDSHAKES);
    private final Via via = new Via();
    private final LongAdder begun = new LongAdder();
    private final LongAdder ended = new LongAdder();
    private final ScheduledExecutorService timer;

    /** @param timer runs short tasks */
    public Exchanges(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    /** The number in flight: neither answered to the end nor given up. A tunnel counts as one until it ends. */
    public int inFlight() {
        long endedBefore = ended.sum(); // read first, so that the difference is never negative
        return (int) (begun.sum() - endedBefore);
    }

    void begin() {
        begun.increment();
    }

    void end() {
        ended.increment();
    }

    /** Whether one more host thread may wait. If so, {@link #endHandshake} must follow. */
    boolean beginHandshake() {
        return handshakes.tryAcquire();
    }

    void endHandshake() {
        handshakes.release();
    }

    /**
     * The name under which messages are passed on. It never changes, so that a request that comes back is recognised in
     * any case.
     */
    Via via() {
        return via;
    }

    /** Runs a short task on the timer's thread; drops it once everything has ended. */
    void soon(Runnable task) {
        try {
            timer.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("A task was dropped: the timer has ended", e);
        }
    }

    /** Runs a short task on the timer's thread after a delay. Drops it, and returns null, once everything has ended. */
    @Nullable
    Future<?> after(long millis, Runnable task) {
        try {
            return timer.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }
}
