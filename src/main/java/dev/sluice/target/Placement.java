package dev.sluice.target;

import dev.sluice.balance.Stickiness.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request's way to a target of its group, over all attempts: the target of its session, else what the algorithm picks, and never
 * one that it has tried. Not thread-safe, but for {@link #leave}: of the other calls each comes after the one before.
 */
public final class Placement {

    private final TargetGroup group;
    private final @Nullable Session session;
    private List<Target> tried = List.of();
    private long waitsUntil; // in nanoseconds, 0 if it has not waited yet

    Placement(TargetGroup group, @Nullable Session session) {
        this.group = group;
        this.session = session;
    }

    /** A lease on a target, null if none is available now. */
    public @Nullable Lease acquire() {
        return group.acquire(this);
    }

    /** Never that target any more. */
    public void exclude(Target target) {
        tried = new ArrayList<>(tried);
        tried.add(target);
    }

    /** How many targets have been excluded. */
    public int excluded() {
        return tried.size();
    }

    /**
     * Waits in the group's queue, without a thread.
     *
     * @param whenGranted is given the lease, or null if none came in time; once, on another thread, unless the request leaves before
     * @return false if it cannot wait: the group has no queue, or the queue is full
     */
    public boolean await(Consumer<@Nullable Lease> whenGranted) {
        return group.await(this, whenGranted);
    }

    /** Stops waiting. A lease that is already on its way may still be granted. Any thread may call this. */
    public void leave() {
        group.leave(this);
    }

    /** Whether its session is to be kept: whether {@link #answeredBy} has anything to do. */
    public boolean isSticky() {
        return session != null;
    }

    /**
     * To be called when a target has answered.
     *
     * @param setCookieFields the values of the answer's Set-Cookie fields
     * @param secure whether the client came by TLS, to here or to a proxy that is trusted
     * @return the value of a Set-Cookie field that is to be added to the answer, null for none
     */
    public @Nullable String answeredBy(Target target, List<String> setCookieFields, boolean secure) {
        return session == null ? null : session.answeredBy(group.idOf(target), setCookieFields, secure);
    }

    /** Whose targets it waits for. Another one when another configuration has taken over. */
    TargetGroup group() {
        return group.latest();
    }

    /** Whether any target will do, if it takes new requests. */
    boolean mayBeAnywhere() {
        return tried.isEmpty();
    }

    /** Whether it has been in the queue before. */
    boolean hasWaited() {
        return waitsUntil != 0;
    }

    /** How long it waits now, in nanoseconds, if it may wait for so long in all. Called with the queue's monitor held. */
    long waitsFor(long nanos) {
        long now = group.nanoTime();
        if (waitsUntil == 0) {
            waitsUntil = now + nanos;
        }
        return waitsUntil - now;
    }

    boolean allows(Target target) {
        return !tried.contains(target);
    }

    @Nullable
    String sessionTargetId() {
        return session == null ? null : session.targetId();
    }
}
