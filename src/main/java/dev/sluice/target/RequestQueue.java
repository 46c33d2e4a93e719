package dev.sluice.target;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests waiting for a target of their group to have room, first come, first served, none of them occupying a
 * thread. A request whose attempt failed after it had waited returns to its place, for the rest of its time. One queue
 * serves all groups that succeed each other under one name, and a request that waits is granted a lease by the group
 * then in charge: nobody is overtaken, not even by requests of another configuration. Safe for use by many threads.
 *
 * <p>Whoever removes a request from the queue, under the monitor, also has it notified: with a lease or at the time-out
 * on the timer's thread, or on the thread that closes the queue. Requests are notified without the monitor held.
 */
final class RequestQueue {

    /** How long until it looks for room again if a limit grows: nothing else would tell of that room. */
    private static final int GROWTH_CHECK_MILLIS = 500;

    private final ScheduledExecutorService timer;
    private volatile int length;

    // The rest is guarded by this.

    private final NavigableMap<Long, Waiting> waiting = new TreeMap<>(); // by ticket

    /** The same in lines: those of one line have the same chances, so that only the first of each is looked at. */
    private final Map<Placement.Chances, NavigableMap<Long, Waiting>> lines = new HashMap<>();

    /** The first of each line, by ticket. */
    private final NavigableMap<Long, Waiting> firsts = new TreeMap<>();

    private long tickets; // given so far
    private boolean closed;

    /** Whether the timer is about to grant what there is room for. */
    private boolean looking;

    /** Whether the timer will look again after a while, because a limit grows. */
    private boolean looksAgain;

    private record Waiting(
            Placement placement, Placement.Chances chances, Consumer<@Nullable Lease> whenGranted, Future<?> timeout) {

        long ticket() {
            return placement.ticket();
        }
    }

    /** @param timer notifies waiting requests */
    RequestQueue(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    /**
     * Leases a target at once. Returns null if there is no room, or if this request is to wait behind others. If it has
     * waited before, if it cannot wait, or if only its session may use the target, it gets what those before it cannot
     * use, and they are granted what they can.
     *
     * @param size how many requests may wait
     */
    synchronized @Nullable Lease acquire(Placement placement, int size) {
        Selection selection = placement.selection();
        long place = placement.hasWaited() ? placement.ticket() : Long.MAX_VALUE;
        if (waiting.isEmpty() || waiting.firstKey() > place) {
            return selection.pick(placement);
        }
        boolean mayWait = !placement.hasWaited() && waiting.size() < size && selection.mayHaveRoom(placement);
        if ((mayWait && !selection.isOfSessionElsewhere(placement)) || !selection.hasRoom(placement)) {
            return null;
        }
        while (true) {
            Runnable granted = next(place);
            if (granted == null) {
                Lease lease = selection.pick(placement);
                Waiting first = lease == null ? null : firstFor(lease.target(), selection, place);
                if (lease == null || first == null) {
                    return lease;
                }
                granted = granted(first, lease); // room that was made meanwhile
            }
            timer.execute(granted);
        }
    }

    /**
     * As {@link Placement#await}.
     *
     * @param size how many requests may wait
     * @param timeout how long each request may wait in total
     */
    synchronized boolean join(Placement placement, int size, Duration timeout, Consumer<@Nullable Lease> whenGranted) {
        boolean again = placement.hasWaited();
        if (closed || (!again && waiting.size() >= size)) {
            return false;
        }
        if (!again) {
            placement.beginToWait(++tickets, timeout.toNanos());
        }
        Future<?> timesOut = timer.schedule(() -> refuse(placement), placement.waitsFor(), TimeUnit.NANOSECONDS);
        Waiting entry = new Waiting(placement, placement.chances(), whenGranted, timesOut);
        waiting.put(entry.ticket(), entry);
        change(entry.chances, line -> line.put(entry.ticket(), entry));
        length = waiting.size();
        lookForRoom(); // it may have been made since this request found none
        return true;
    }

    /** Removes the request. A no-op if it is not waiting or was just granted its lease; cheap if it never waited. */
    void leave(Placement placement) {
        if (length > 0 && placement.hasWaited()) {
            take(placement);
        }
    }

    /** Called when there may be room. */
    void roomMade() {
        if (length > 0) { // a request that joins now sees the room itself
            lookForRoom();
        }
    }

    /** One look is enough, however many ask for it before it begins. */
    private synchronized void lookForRoom() {
        if (!closed && !looking) {
            looking = true;
            timer.execute(this::grant);
        }
    }

    int length() {
        return length;
    }

    private void grant() {
        synchronized (this) {
            looking = false; // before it looks: whoever makes room from now on asks for another look
        }
        for (Runnable granted = next(Long.MAX_VALUE); granted != null; granted = next(Long.MAX_VALUE)) {
            granted.run();
        }
    }

    /**
     * Removes the first request for which there is room, if it comes before that ticket, and returns what tells it;
     * null if there is none.
     */
    private synchronized @Nullable Runnable next(long before) {
        Set<Selection> full = new HashSet<>();
        for (Waiting entry : firsts.headMap(before).values()) {
            Placement placement = entry.placement;
            Selection selection = placement.selection();
            if (full.contains(selection) && !selection.mayUseNonCandidates(placement)) {
                continue; // it has no better chance than those before it
            }
            if (!looksAgain && selection.isLimitGrowing()) { // before it looks: the limit may be full-grown right after
                looksAgain = true;
                timer.schedule(this::lookAgain, GROWTH_CHECK_MILLIS, TimeUnit.MILLISECONDS);
            }
            Lease lease = selection.pick(placement);
            if (lease != null) { // room that was made meanwhile is for whoever was looked at before
                Waiting first = firstFor(lease.target(), selection, entry.ticket());
                return granted(first == null ? entry : first, lease);
            }
            if (placement.excluded() == 0) {
                full.add(selection);
            }
        }
        return null;
    }

    /** The first request before that ticket which may use the target; null if there is none. */
    private @Nullable Waiting firstFor(Target target, Selection selection, long ticket) {
        for (Waiting entry : firsts.headMap(ticket).values()) {
            if (entry.placement.selection() == selection && selection.mayUse(target, entry.placement)) {
                return entry;
            }
        }
        return null;
    }

    /** Removes the request, and returns what tells it. */
    private Runnable granted(Waiting entry, Lease lease) {
        take(entry.placement);
        return () -> entry.whenGranted.accept(lease);
    }

    private void lookAgain() {
        synchronized (this) {
            looksAgain = false;
        }
        grant();
    }

    private void refuse(Placement placement) {
        Waiting refused = take(placement);
        if (refused != null) {
            refused.whenGranted.accept(null);
        }
    }

    private synchronized @Nullable Waiting take(Placement placement) {
        Waiting taken = waiting.remove(placement.ticket());
        if (taken != null) {
            length = waiting.size();
            change(taken.chances, line -> line.remove(taken.ticket()));
            taken.timeout.cancel(false);
        }
        return taken;
    }

    /** Changes a line, and with it which request is its first. */
    private void change(Placement.Chances chances, Consumer<NavigableMap<Long, Waiting>> change) {
        NavigableMap<Long, Waiting> line = lines.computeIfAbsent(chances, none -> new TreeMap<>());
        if (!line.isEmpty()) {
            firsts.remove(line.firstKey());
        }
        change.accept(line);
        if (line.isEmpty()) {
            lines.remove(chances);
        } else {
            firsts.put(line.firstKey(), line.firstEntry().getValue());
        }
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Refuses all waiting requests, and every later one. */
    void close() {
        List<Waiting> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(waiting.values());
        }
        all.forEach(entry -> refuse(entry.placement));
    }
}
