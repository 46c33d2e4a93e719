package dev.sluice.target;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests that wait until a target of their group has room, first come, first served, and none of them with a thread. A request
 * that was served and could not be connected comes back to the front, for what is left of its time. Safe for use by many threads.
 *
 * <p>Whoever takes a request out of the queue, under the monitor, is the one who tells it: the timer's thread that has a lease for it or
 * finds that it has waited for too long, or whoever closes the queue. Nobody is told with the monitor held.
 */
final class RequestQueue {

    private final int size;
    private final Duration timeout;
    private final TargetGroup group;
    private final ScheduledExecutorService timer;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private boolean closed;

    private record Waiting(Placement placement, Consumer<@Nullable Lease> whenGranted, Future<?> timeout) {}

    /**
     * @param size how many requests may wait
     * @param timeout how long each may wait
     * @param group picks the leases, with the monitor held
     */
    RequestQueue(int size, Duration timeout, TargetGroup group, ScheduledExecutorService timer) {
        this.size = size;
        this.timeout = timeout;
        this.group = group;
        this.timer = timer;
    }

    /** A lease at once; null if there is no room, or others were here first. */
    synchronized @Nullable Lease acquire(Placement placement) {
        return waiting.isEmpty() || placement.hasWaited() ? group.pick(placement) : null;
    }

    /** As {@link Placement#await}. */
    synchronized boolean join(Placement placement, Consumer<@Nullable Lease> whenGranted) {
        boolean again = placement.hasWaited();
        if (closed || (!again && waiting.size() >= size)) {
            return false;
        }
        long nanos = placement.waitsFor(timeout.toNanos());
        Future<?> timesOut = timer.schedule(() -> refuse(placement), nanos, TimeUnit.NANOSECONDS);
        Waiting entry = new Waiting(placement, whenGranted, timesOut);
        if (again) {
            waiting.addFirst(entry);
        } else {
            waiting.addLast(entry);
        }
        timer.execute(this::grant); // there may be room since this request was told that there is none
        return true;
    }

    /** The request does not wait any more. Nothing happens if it did not, or was just granted its lease. */
    synchronized void leave(Placement placement) {
        take(placement);
    }

    /** There may be room. */
    synchronized void roomMade() {
        if (!waiting.isEmpty() && !closed) {
            timer.execute(this::grant);
        }
    }

    synchronized int length() {
        return waiting.size();
    }

    private void grant() {
        for (Runnable granted = next(); granted != null; granted = next()) {
            granted.run();
        }
    }

    private synchronized @Nullable Runnable next() {
        boolean full = false;
        for (Iterator<Waiting> entries = waiting.iterator(); entries.hasNext(); ) {
            Waiting entry = entries.next();
            Placement placement = entry.placement;
            if (full && !group.hasPlaceOfItsOwn(placement)) {
                continue; // it has no better chance than those before it
            }
            Lease lease = group.pick(placement);
            if (lease != null) {
                entries.remove();
                entry.timeout.cancel(false);
                return () -> entry.whenGranted.accept(lease);
            }
            full |= placement.mayBeAnywhere();
        }
        return null;
    }

    private void refuse(Placement placement) {
        Waiting refused = take(placement);
        if (refused != null) {
            refused.whenGranted.accept(null);
        }
    }

    private synchronized @Nullable Waiting take(Placement placement) {
        for (Iterator<Waiting> entries = waiting.iterator(); entries.hasNext(); ) {
            Waiting entry = entries.next();
            if (entry.placement == placement) {
                entries.remove();
                entry.timeout.cancel(false);
                return entry;
            }
        }
        return null;
    }

    /** Refuses all, and whoever comes. */
    void close() {
        Deque<Waiting> all;
        synchronized (this) {
            closed = true;
            all = new ArrayDeque<>(waiting);
        }
        all.forEach(entry -> refuse(entry.placement));
    }
}
