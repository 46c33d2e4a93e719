package dev.sluice.target;

import dev.sluice.balance.Algorithm;
import dev.sluice.balance.Stickiness;
import dev.sluice.config.AlgorithmName;
import dev.sluice.config.ForwardingConfiguration;
import dev.sluice.config.HealthCheckConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.health.Ejections;
import dev.sluice.health.Health;
import dev.sluice.health.Health.State;
import dev.sluice.health.HealthChecker;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The targets that a rule's requests are spread over. What is known of them is a snapshot that is replaced as a whole. Safe for use by
 * many threads.
 */
public final class TargetGroup implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TargetGroup.class);

    private final TargetGroupConfiguration configuration;
    private final Algorithm algorithm;
    private final @Nullable Stickiness stickiness;
    private final Retries retries;
    private final Ejections ejections = new Ejections();
    private final @Nullable HealthChecker healthChecker;
    private final Consumer<Target> whenGone;
    private final ScheduledExecutorService timer;
    private final @Nullable RequestQueue queue;
    private final LongSupplier nanoClock;
    private final DoubleSupplier random;

    /** Those that are configured and found, in a stable order. Guarded by the monitor, as what follows. */
    private List<Target> present = List.of();

    /** Those that have left and may still finish, each with what ends that. */
    private final Map<Target, Future<?>> draining = new LinkedHashMap<>();

    private boolean startsSlowly;
    private boolean closed;

    private volatile Snapshot snapshot = new Snapshot(List.of(), List.of(), List.of(), List.of(), Map.of());

    /**
     * @param all in a stable order
     * @param leaving those that DNS has no longer and that may still finish
     * @param candidates those that take new requests: the fittest
     * @param reserve those that take a request that all of the fittest have failed
     * @param bySession all that may have sessions, by the ids that sessions know them by
     */
    private record Snapshot(
            List<Target> all,
            List<Target> leaving,
            List<Target> candidates,
            List<Target> reserve,
            Map<String, Target> bySession) {}

    /**
     * @param stickiness null for none
     * @param healthChecker null for none
     * @param whenGone told of a target that has left and has finished, or was to have
     * @param timer for short tasks, such as to tell requests that wait of their lease
     */
    public TargetGroup(
            TargetGroupConfiguration configuration,
            Algorithm algorithm,
            @Nullable Stickiness stickiness,
            @Nullable HealthChecker healthChecker,
            Consumer<Target> whenGone,
            ScheduledExecutorService timer) {
        this(
                configuration,
                algorithm,
                stickiness,
                healthChecker,
                whenGone,
                timer,
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextDouble());
    }

    TargetGroup(
            TargetGroupConfiguration configuration,
            Algorithm algorithm,
            @Nullable Stickiness stickiness,
            @Nullable HealthChecker healthChecker,
            Consumer<Target> whenGone,
            ScheduledExecutorService timer,
            LongSupplier nanoClock,
            DoubleSupplier random) {
        this.configuration = configuration;
        this.algorithm = algorithm;
        this.stickiness = stickiness;
        this.retries = new Retries(configuration.retry(), nanoClock);
        this.healthChecker = healthChecker;
        this.whenGone = whenGone;
        this.timer = timer;
        this.queue = configuration.queueSize() == 0
                ? null
                : new RequestQueue(configuration.queueSize(), configuration.queueTimeout(), this, timer);
        this.nanoClock = nanoClock;
        this.random = random;
    }

    /** As configured. */
    public String name() {
        return configuration.name();
    }

    /** How its requests and their answers are passed on. */
    public ForwardingConfiguration forwarding() {
        return configuration.forwarding();
    }

    /** How its targets are spoken to. */
    public TransportConfiguration transport() {
        return configuration.transport();
    }

    /** All targets as of now, in a stable order; immutable. */
    public List<Target> targets() {
        return snapshot.all;
    }

    /** Those that DNS has no longer, and that may still finish, as of now; immutable. */
    public List<Target> leaving() {
        return snapshot.leaving;
    }

    /** How it picks. */
    public AlgorithmName algorithm() {
        return configuration.algorithm();
    }

    /** How many requests may wait for a target; 0 for none. */
    public int queueSize() {
        return configuration.queueSize();
    }

    /** Why there is no target for new requests, in words for the log; null if there is one. */
    public @Nullable String unavailability() {
        Snapshot now = snapshot;
        if (!now.candidates.isEmpty()) {
            return null;
        }
        if (now.all.isEmpty()) {
            return "no target is available: none of its names has an address";
        }
        Map<String, Long> reasons = now.all.stream()
                .collect(Collectors.groupingBy(TargetGroup::whyNot, TreeMap::new, Collectors.counting()));
        return "no target is available: of " + now.all.size() + " "
                + reasons.entrySet().stream()
                        .map(entry -> entry.getValue() + (entry.getValue() == 1 ? " is " : " are ") + entry.getKey())
                        .collect(Collectors.joining(", "));
    }

    private static String whyNot(Target target) {
        TargetState.Name state = target.state().name();
        return state.compareTo(TargetState.Name.UNHEALTHY) < 0 && target.weight() == 0
                ? "of the weight 0"
                : state.name();
    }

    /**
     * Takes a target out: it gets no requests from now on, and those of its sessions go to others. What is in flight there goes on.
     *
     * @return completes when nothing is in flight there any more, on the thread that ends the last request; is cancelled if the target is
     *     put back before
     */
    public CompletableFuture<Void> takeOut(Target target) {
        boolean wasOut;
        CompletableFuture<Void> idle;
        synchronized (this) {
            wasOut = target.isOut();
            idle = target.takeOut();
        }
        if (!wasOut) {
            LOG.info("{}: {} is DRAINING: an operator has taken it out", name(), target);
            refresh();
        }
        return idle.copy();
    }

    /** It gets requests again, as far as its health allows. Nothing happens if it is not out. */
    public void putBack(Target target) {
        boolean wasOut;
        synchronized (this) {
            wasOut = target.putBack();
        }
        if (wasOut) {
            LOG.info(
                    "{}: {} is {} again: an operator has put it back",
                    name(),
                    target,
                    target.state().name());
            refresh();
        }
    }

    /** How often its requests are tried again. */
    public Retries retries() {
        return retries;
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
        retries.requestCame();
        return new Placement(this, stickiness == null ? null : stickiness.session(cookieFields.get()));
    }

    /** The target of this group that is there already, be it about to leave, or a new one. */
    synchronized Target target(Endpoint endpoint, String basePath) {
        for (Target target : present) {
            if (target.isAt(endpoint, basePath)) {
                return target;
            }
        }
        for (Target target : draining.keySet()) {
            if (target.isAt(endpoint, basePath)) {
                return target;
            }
        }
        String key = endpoint.authority() + basePath + " " + endpoint.address().getHostAddress();
        Health health = new Health(
                name() + ": " + endpoint,
                healthChecker == null ? null : configuration.healthCheck(),
                configuration.ejection(),
                ejections,
                timer,
                nanoClock,
                this::refresh);
        return new Target(
                endpoint,
                basePath,
                configuration.transport(),
                stickiness == null ? key : stickiness.idOf(key),
                nanoClock,
                health);
    }

    private void beginChecks(Target target) {
        HealthCheckConfiguration checks = configuration.healthCheck();
        if (healthChecker != null && checks != null) {
            Endpoint endpoint = target.endpoint();
            target.check(healthChecker.check(
                    checks, endpoint.hostname(), endpoint.address(), endpoint.port(), target.health()));
        }
    }

    /** From now on the group has these targets, each of which it was asked for. One that it has no longer drains. */
    void replaceTargets(List<Target> targets) {
        List<Health> tooManyEjected;
        synchronized (this) {
            if (closed) {
                return;
            }
            for (Target target : present) {
                if (!targets.contains(target)) {
                    deregister(target);
                }
            }
            for (Target target : targets) {
                Future<?> end = draining.remove(target);
                if (end != null) {
                    end.cancel(false);
                    target.left(null);
                    LOG.info("{}: {} is back before it had finished", name(), target);
                } else if (!present.contains(target)) {
                    beginChecks(target);
                }
            }
            present = List.copyOf(targets);
            tooManyEjected =
                    ejections.setMembers(present.stream().map(Target::health).toList());
        }
        tooManyEjected.forEach(Health::endEjection);
        refresh();
    }

    private void deregister(Target target) {
        target.left(Instant.now());
        long delay = configuration.deregistrationDelay().toMillis();
        draining.put(target, timer.schedule(() -> leave(target), delay, TimeUnit.MILLISECONDS));
        LOG.info("{}: {} is DRAINING for {} s at most", name(), target, delay / 1000);
    }

    private void leave(Target target) {
        synchronized (this) {
            if (draining.remove(target) == null) {
                return; // it is back
            }
        }
        refresh();
        target.close();
        whenGone.accept(target);
    }

    /** Completes when each of the targets that it has now was checked once, if it is. */
    CompletableFuture<Void> firstChecks() {
        return CompletableFuture.allOf(
                snapshot.all.stream().map(Target::firstCheck).toArray(CompletableFuture<?>[]::new));
    }

    /** The start is over: from now on a target that comes into use beside others does so slowly, if that is configured. */
    public synchronized void settle() {
        startsSlowly = !configuration.slowStart().isZero();
    }

    /** Brings the snapshot up to date with the targets and their health. To be called after whatever changes them. */
    private void refresh() {
        synchronized (this) {
            Snapshot before = snapshot;
            snapshot = newSnapshot();
            if (startsSlowly) {
                startSlowly(before.candidates, snapshot.candidates);
            }
        }
        if (queue != null) {
            queue.roomMade();
        }
    }

    private Snapshot newSnapshot() {
        Map<Target, State> states = new LinkedHashMap<>(); // each is asked once, for it may change meanwhile
        for (Target target : present) {
            State state = target.health().state();
            if (!target.isOut() && (state != State.UNHEALTHY || configuration.failOpen())) {
                states.put(target, state);
            }
        }
        List<Target> weighted =
                states.keySet().stream().filter(target -> target.weight() > 0).toList();
        Comparator<Target> byFitness =
                Comparator.<Target, State>comparing(states::get).thenComparingInt(Target::priority);
        Target fittest = weighted.stream().min(byFitness).orElse(null);
        List<Target> candidates = new ArrayList<>();
        List<Target> reserve = new ArrayList<>();
        for (Target target : weighted) {
            (byFitness.compare(target, fittest) == 0 ? candidates : reserve).add(target);
        }
        Map<String, Target> bySession = new HashMap<>();
        for (Target target : draining.keySet()) {
            if (!target.isOut() && target.health().state().compareTo(State.EJECTED) < 0) {
                bySession.put(target.id(), target);
            }
        }
        states.forEach((target, state) -> {
            if (state.compareTo(State.EJECTED) < 0 || candidates.contains(target)) {
                bySession.put(target.id(), target);
            }
        });
        return new Snapshot(
                present, List.copyOf(draining.keySet()), List.copyOf(candidates), List.copyOf(reserve), bySession);
    }

    /** What is new beside others that stay. */
    private void startSlowly(List<Target> before, List<Target> now) {
        if (now.stream().anyMatch(before::contains)) {
            for (Target target : now) {
                if (!before.contains(target)) {
                    target.startSlowly(new SlowStart(configuration.slowStart(), nanoClock));
                }
            }
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

    /**
     * A target has answered completely.
     *
     * @param begun when the request was begun with, in nanoseconds
     */
    void answered(Target target, int status, long begun) {
        boolean serverError =
                status >= Lease.SERVER_ERROR && configuration.ejection().onServerErrors();
        if (serverError || retries.areFor(status)) {
            target.health().requestFailed("it answered " + status, begun);
        } else {
            target.health().requestSucceeded();
        }
    }

    void release(Target target, Lease lease) {
        target.release(lease);
        if (queue != null) {
            queue.roomMade();
        }
    }

    /** Whether its session is at a target that takes no new requests. */
    boolean hasPlaceOfItsOwn(Placement placement) {
        Target target = sessionTarget(placement);
        return target != null && !snapshot.candidates.contains(target);
    }

    private @Nullable Target sessionTarget(Placement placement) {
        String id = placement.sessionTargetId();
        Target target = id == null ? null : snapshot.bySession.get(id);
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
        double chance = configuration.slowStart().isZero() ? 0 : random.getAsDouble();
        while (lease == null) {
            Snapshot now = snapshot;
            Target target = pick(now.candidates, placement, chance);
            if (target == null
                    && placement.excluded() > 0
                    && now.candidates.stream().noneMatch(placement::allows)) {
                target = now.reserve.stream()
                        .filter(candidate -> isFree(candidate, placement))
                        .findFirst()
                        .orElse(null);
            }
            if (target == null) {
                return null;
            }
            lease = acquire(target); // null if another request was quicker: then there is one less to pick from
        }
        return lease;
    }

    private @Nullable Target pick(List<Target> candidates, Placement placement, double chance) {
        Target target =
                algorithm.pick(candidates, candidate -> isFree(candidate, placement) && chance < candidate.share());
        // Those that start slowly are better than none.
        return target != null || chance == 0
                ? target
                : algorithm.pick(candidates, candidate -> isFree(candidate, placement));
    }

    private boolean isFree(Target target, Placement placement) {
        return placement.allows(target) && !target.isOut() && target.inFlight() < limit(target);
    }

    /** What starts slowly has no more than its share of this either. */
    private int limit(Target target) {
        int max = configuration.maxConcurrentRequestsPerTarget();
        return max == Integer.MAX_VALUE ? max : (int) Math.ceil(max * target.share());
    }

    long nanoTime() {
        return nanoClock.getAsLong();
    }

    /** Ends what is known of the targets' health; refuses the requests that wait, and lets no more of them wait. */
    @Override
    public void close() {
        List<Target> all = new ArrayList<>();
        synchronized (this) {
            closed = true;
            all.addAll(present);
            all.addAll(draining.keySet());
            draining.values().forEach(end -> end.cancel(false));
        }
        all.forEach(Target::stopWatching);
        if (queue != null) {
            queue.close();
        }
    }
}
