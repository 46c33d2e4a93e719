package dev.sluice.target;

import dev.sluice.balance.Stickiness.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds a target of the group for one request, over all attempts: the target of its session, else the algorithm's pick,
 * but never a target that has been excluded. Not thread-safe, except for {@link #leaveQueue}: the other calls must not
 * overlap.
 */
public final class Placement {

    private final TargetGroup group;
    private final @Nullable Session session;
    private List<Target> tried = List.of();
    private volatile long ticket; // its place in the queue; 0 if it has never waited. Written under the queue's monitor
    private long waitsUntil; // nanoseconds. Guarded by the queue's monitor

    Placement(TargetGroup group, @Nullable Session session) {
        this.group = group;
        this.session = session;
    }

    /** Leases a target. Returns null if none is available now. */
    public @Nullable Lease acquire() {
        return group.acquire(this);
    }

    /** Excludes a target from all further attempts. */
    public void exclude(Target target) {
        tried = new ArrayList<>(tried);
        tried.add(target);
    }

    /** The number of excluded targets. */
    public int excluded() {
        return tried.size();
    }

    /** Whether {@link #acquire} would yield a lease now, unless others wait. */
    public boolean hasRoom() {
        return selection().hasRoom(this);
    }

    /**
     * Waits in the group's queue, without occupying a thread.
     *
     * @param whenGranted receives the lease, or null if none was granted in time or the queue was closed; called once,
     *     on another thread, unless the request leaves first
     * @return false if the request cannot wait: there is no queue, the queue is full or closed, or no target could take
     *     the request
     */
    public boolean await(Consumer<@Nullable Lease> whenGranted) {
        return group.await(this, whenGranted);
    }

    /**
     * Why the group whose targets the request waits for, which may be a later one of the same name, has none that takes
     * new requests, in words for the log; null if it has one.
     */
    public @Nullable String unavailability() {
        return selection().unavailability();
    }

    /** Stops waiting. A lease already on its way may still be granted. May be called from any thread. */
    public void leaveQueue() {
        group.leaveQueue(this);
    }

    /** Whether the request has a session to keep, so that {@link #answeredBy} has an effect. */
    public boolean isSticky() {
        return session != null;
    }

    /**
     * Called when a target has responded.
     *
     * @param setCookieFields the values of the response's Set-Cookie fields
     * @param secure whether the client came over TLS, to Sluice or to a trusted proxy
     * @return the value of a Set-Cookie field to add to the response; null for none
     */
    public @Nullable String answeredBy(Target target, List<String> setCookieFields, boolean secure) {
        return session == null ? null : session.answeredBy(group.members().idOf(target), setCookieFields, secure);
    }

    /** Decides which targets a request may use: those with equal ones may use the same. */
    record Chances(TargetGroup group, @Nullable String sessionTargetId, List<Target> tried) {}

    Chances chances() {
        return new Chances(group, sessionTargetId(), tried);
    }

    /** Who gives it a target once it waits. Changes when another configuration takes over. */
    Selection selection() {
        return group.latestSelection();
    }

    /** Whether it has been in the queue before. */
    boolean hasWaited() {
        return ticket != 0;
    }

    /** Its place in the queue, which it keeps: whoever began to wait earlier has a lower one. 0 if it has never waited. */
    long ticket() {
        return ticket;
    }

    /** Starts the clock for a total wait of this length, with this place. Called with the queue's monitor held. */
    void beginToWait(long itsTicket, long nanos) {
        ticket = itsTicket;
        waitsUntil = group.nanoTime() + nanos;
    }

    /** The remaining wait in nanoseconds. Called with the queue's monitor held. */
    long waitsFor() {
        return waitsUntil - group.nanoTime();
    }

    boolean allows(Target target) {
        return !tried.contains(target);
    }

    @Nullable
    String sessionTargetId() {
        return session == null ? null : session.targetId();
    }
}
