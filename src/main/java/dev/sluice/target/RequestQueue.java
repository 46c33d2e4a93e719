package dev.sluice.target;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests that wait until a target of their group has room, first come, first served, and none of them with a thread. A request
 * that was served and could not be connected comes back to the front, for what is left of its time. One queue serves all groups that follow
 * each other under one name, as configurations do, and who waits is served by the one that is in charge then: nobody is overtaken, be it by
 * requests of another configuration. Safe for use by many threads.
 *
 * <p>Whoever takes a request out of the queue, under the monitor, is the one who tells it: the timer's thread that has a lease for it or
 * finds that it has waited for too long, or whoever closes the queue. Nobody is told with the monitor held.
 */
final class RequestQueue {

    private final ScheduledExecutorService timer;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private volatile int length;
    private boolean closed;

    private record Waiting(Placement placement, Consumer<@Nullable Lease> whenGranted, Future<?> timeout) {}

    /** @param timer tells the requests that waited */
    RequestQueue(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    /** A lease at once; null if there is no room, or others were here first. */
    synchronized @Nullable Lease acquire(Placement placement) {
        return waiting.isEmpty() || placement.hasWaited() ? placement.group().pick(placement) : null;
    }

    /**
     * As {@link Placement#await}.
     *
     * @param size how many requests may wait
     * @param timeout how long each may wait
     */
    synchronized boolean join(Placement placement, int size, Duration timeout, Consumer<@Nullable Lease> whenGranted) {
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
        length = waiting.size();
        timer.execute(this::grant); // there may be room since this request was told that there is none
        return true;
    }

    /** The request does not wait any more. Nothing happens if it did not, or was just granted its lease. */
    void leave(Placement placement) {
        if (length > 0) {
            take(placement);
        }
    }

    /** There may be room. */
    void roomMade() {
        if (length > 0) { // who joins meanwhile sees the room
            wake();
        }
    }

    private synchronized void wake() {
        if (!closed) {
            timer.execute(this::grant);
        }
    }

    int length() {
        return length;
    }

    private void grant() {
        for (Runnable granted = next(); granted != null; granted = next()) {
            granted.run();
        }
    }

    private synchronized @Nullable Runnable next() {
        Set<TargetGroup> full = new HashSet<>();
        for (Iterator<Waiting> entries = waiting.iterator(); entries.hasNext(); ) {
            Waiting entry = entries.next();
            Placement placement = entry.placement;
            TargetGroup group = placement.group();
            if (full.contains(group) && !group.hasPlaceOfItsOwn(placement)) {
                continue; // it has no better chance than those before it
            }
            Lease lease = group.pick(placement);
            if (lease != null) {
                entries.remove();
                length = waiting.size();
                entry.timeout.cancel(false);
                return () -> entry.whenGranted.accept(lease);
            }
            if (placement.mayBeAnywhere()) {
                full.add(group);
            }
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
                length = waiting.size();
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
