package dev.sluice.target;

import dev.sluice.balance.Algorithm;
import dev.sluice.balance.Stickiness;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The targets that a rule's requests are spread over. What is known of them is a snapshot that is replaced as a whole. Safe for use by
 * many threads.
 */
public final class TargetGroup implements AutoCloseable {

    private final String name;
    private final Algorithm algorithm;
    private final @Nullable Stickiness stickiness;
    private final int maxConcurrentRequests; // of each target
    private final Duration slowStart;
    private final @Nullable RequestQueue queue;
    private final LongSupplier nanoClock;
    private final DoubleSupplier random;
    private volatile Snapshot snapshot = new Snapshot(List.of(), List.of(), Map.of());

    /**
     * @param all in a stable order
     * @param candidates those that take new requests
     * @param byId all by the ids that sessions know them by
     */
    private record Snapshot(List<Target> all, List<Target> candidates, Map<String, Target> byId) {}

    /**
     * @param stickiness null for none
     * @param timer tells requests that wait of their lease, or that they have waited for too long
     */
    public TargetGroup(
            TargetGroupConfiguration configuration,
            Algorithm algorithm,
            @Nullable Stickiness stickiness,
            ScheduledExecutorService timer) {
        this(
                configuration,
                algorithm,
                stickiness,
                timer,
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextDouble());
    }

    TargetGroup(
            TargetGroupConfiguration configuration,
            Algorithm algorithm,
            @Nullable Stickiness stickiness,
            ScheduledExecutorService timer,
            LongSupplier nanoClock,
            DoubleSupplier random) {
        this.name = configuration.name();
        this.algorithm = algorithm;
        this.stickiness = stickiness;
        this.maxConcurrentRequests = configuration.maxConcurrentRequestsPerTarget();
        this.slowStart = configuration.slowStart();
        this.queue = configuration.queueSize() == 0
                ? null
                : new RequestQueue(configuration.queueSize(), configuration.queueTimeout(), this, timer);
        this.nanoClock = nanoClock;
        this.random = random;
    }

    /** As configured. */
    public String name() {
        return name;
    }

    /** All targets as of now, in a stable order; immutable. */
    public List<Target> targets() {
        return snapshot.all;
    }

    /** How many requests wait for a target now. */
    public int waiting() {
        return queue == null ? 0 : queue.length();
    }

    /** Whether there is a target for new requests, be it one that has no room for them now. */
    public boolean isAvailable() {
        return !snapshot.candidates.isEmpty();
    }

    /**
     * A request comes.
     *
     * @param cookieFields the values of its Cookie fields, asked for only if they matter
     */
    public Placement place(Supplier<Enumeration<String>> cookieFields) {
        return new Placement(this, stickiness == null ? null : stickiness.session(cookieFields.get()));
    }

    /** A target of this group that comes into use now: slowly, if it finds others in use. */
    Target newTarget(TargetConfiguration configuration, InetAddress address, boolean othersAreInUse) {
        SlowStart start = othersAreInUse ? new SlowStart(slowStart, nanoClock) : SlowStart.NONE;
        return new Target(configuration, address, start, nanoClock, stickiness == null ? key -> key : stickiness::idOf);
    }

    void replaceTargets(List<Target> targets) {
        Map<String, Target> byId = new HashMap<>();
        targets.forEach(target -> byId.put(target.id(), target));
        snapshot = new Snapshot(
                List.copyOf(targets),
                targets.stream().filter(target -> target.weight() > 0).toList(),
                byId);
        if (queue != null) {
            queue.roomMade();
        }
    }

    @Nullable
    Lease acquire(Placement placement) {
        if (queue == null) {
            return pick(placement);
        }
        // Where no new request goes nobody waits for room.
        return hasPlaceOfItsOwn(placement) ? ofSession(placement) : queue.acquire(placement);
    }

    boolean await(Placement placement, Consumer<@Nullable Lease> whenGranted) {
        return queue != null
                && (hasPlaceOfItsOwn(placement) || snapshot.candidates.stream().anyMatch(placement::allows))
                && queue.join(placement, whenGranted);
    }

    void leave(Placement placement) {
        if (queue != null) {
            queue.leave(placement);
        }
    }

    void release(Target target) {
        target.release();
        if (queue != null) {
            queue.roomMade();
        }
    }

    /** Whether its session is at a target that takes no new requests. */
    boolean hasPlaceOfItsOwn(Placement placement) {
        Target target = sessionTarget(placement);
        return target != null && target.weight() == 0;
    }

    private @Nullable Target sessionTarget(Placement placement) {
        String id = placement.sessionTargetId();
        Target target = id == null ? null : snapshot.byId.get(id);
        return target != null && placement.allows(target) ? target : null;
    }

    private @Nullable Lease ofSession(Placement placement) {
        Target target = sessionTarget(placement);
        return target == null ? null : acquire(target);
    }

    private @Nullable Lease acquire(Target target) {
        return target.acquire(limit(target)) ? new Lease(this, target) : null;
    }

    @Nullable
    Lease pick(Placement placement) {
        Lease lease = ofSession(placement);
        // One chance for the whole pick: what starts slowly is passed over or not, however often it is asked about.
        double chance = slowStart.isZero() ? 0 : random.getAsDouble();
        while (lease == null) {
            List<Target> candidates = snapshot.candidates;
            Target target =
                    algorithm.pick(candidates, candidate -> isFree(candidate, placement) && chance < candidate.share());
            if (target == null && !slowStart.isZero()) {
                // Those that start slowly are better than none.
                target = algorithm.pick(candidates, candidate -> isFree(candidate, placement));
            }
            if (target == null) {
                return null;
            }
            lease = acquire(target); // null if another request was quicker: then there is one less to pick from
        }
        return lease;
    }

    private boolean isFree(Target target, Placement placement) {
        return placement.allows(target) && target.inFlight() < limit(target);
    }

    /** What starts slowly has no more than its share of this either. */
    private int limit(Target target) {
        return maxConcurrentRequests == Integer.MAX_VALUE
                ? maxConcurrentRequests
                : (int) Math.ceil(maxConcurrentRequests * target.share());
    }

    long nanoTime() {
        return nanoClock.getAsLong();
    }

    /** Refuses the requests that wait, and lets no more of them wait. */
    @Override
    public void close() {
        if (queue != null) {
            queue.close();
        }
    }
}
