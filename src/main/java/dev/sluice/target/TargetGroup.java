package dev.sluice.target;

import dev.sluice.balance.Algorithm;
import dev.sluice.balance.Algorithms;
import dev.sluice.balance.Forecast;
import dev.sluice.balance.Stickiness;
import dev.sluice.config.AlgorithmName;
import dev.sluice.config.ForwardingConfiguration;
import dev.sluice.config.HealthCheckConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.health.Ejections;
import dev.sluice.health.Flips;
import dev.sluice.health.Health;
import dev.sluice.health.HealthChecker;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The targets that a rule's requests are spread over. What is known of them is a snapshot that is replaced as a whole. Safe for use by
 * many threads.
 *
 * <p>A group has one configuration. With another one it is {@link #succeededBy another group} of the same name, which first finds its
 * targets, among them those that this one has, and then {@link #takeOver takes over}. What a request began with it finishes with: the requests
 * of this group go on here, with the targets that it had at last. Only where there is a queue, which all groups of the name have together, they
 * go to the {@link #latest} group's. All that changes which targets there are runs on the timer's one thread.
 */
public final class TargetGroup implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TargetGroup.class);

    private final TargetGroupConfiguration configuration;
    private final Algorithm algorithm;
    private final @Nullable Stickiness stickiness;
    private final Retries retries;
    private final LookUps lookUps;
    private final Ejections ejections;
    private final @Nullable HealthChecker healthChecker;
    private final Consumer<Target> whenGone;
    private final ScheduledExecutorService timer;
    private final RequestQueue queue;
    private final LongSupplier nanoClock;
    private final DoubleSupplier random;

    /** Those that are configured and found, in a stable order. Guarded by the monitor, as what follows. */
    private List<Target> present = List.of();

    /** Those that have left and may still finish, each with what ends that. */
    private final Map<Target, ScheduledFuture<?>> draining = new LinkedHashMap<>();

    /** Whose place it is to take; null once it has, or if there was none. */
    private @Nullable TargetGroup before;

    private boolean startsSlowly;
    private boolean closed;

    /** Another group has taken over, or none is to: only requests that began here are left. */
    private volatile boolean retired;

    private volatile @Nullable TargetGroup successor;

    private volatile Snapshot snapshot = Snapshot.EMPTY;

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
        this.lookUps = new LookUps();
        this.ejections = new Ejections();
        this.healthChecker = healthChecker;
        this.whenGone = whenGone;
        this.timer = timer;
        this.queue = new RequestQueue(timer);
        this.nanoClock = nanoClock;
        this.random = random;
    }

    private TargetGroup(
            TargetGroup before,
            TargetGroupConfiguration configuration,
            @Nullable Stickiness stickiness,
            @Nullable HealthChecker healthChecker) {
        this.before = before;
        this.configuration = configuration;
        this.stickiness = stickiness;
        this.healthChecker = healthChecker;
        this.algorithm = configuration.algorithm() == before.configuration.algorithm()
                ? before.algorithm
                : Algorithms.create(configuration.algorithm());
        this.retries = configuration.retry().equals(before.configuration.retry())
                ? before.retries
                : new Retries(configuration.retry(), before.nanoClock);
        this.lookUps = before.lookUps;
        this.ejections = before.ejections;
        this.whenGone = before.whenGone;
        this.timer = before.timer;
        this.queue = before.queue;
        this.nanoClock = before.nanoClock;
        this.random = before.random;
    }

    /**
     * The group of this name under another configuration. It goes on with what this one has learned of those of its targets that it has
     * too, but changes nothing of them until it {@link #takeOver takes over}; if it is closed before, nothing was.
     *
     * @param stickiness null for none
     * @param healthChecker null for none
     */
    public TargetGroup succeededBy(
            TargetGroupConfiguration next, @Nullable Stickiness stickiness, @Nullable HealthChecker healthChecker) {
        return new TargetGroup(this, next, stickiness, healthChecker);
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

    /** As configured. */
    public TargetGroupConfiguration configuration() {
        return configuration;
    }

    /** How its sessions stay where they are; null for not at all. */
    public @Nullable Stickiness stickiness() {
        return stickiness;
    }

    /** All targets as of now, in a stable order; immutable. */
    public List<Target> targets() {
        return snapshot.all();
    }

    /** These, and those that DNS has no longer and that may still finish. Each once: a group that is not configured any more has its in both. */
    public List<Target> allTargets() {
        Snapshot now = snapshot;
        return Stream.concat(now.all().stream(), now.leaving().stream())
                .distinct()
                .toList();
    }

    /** How it picks. */
    public AlgorithmName algorithm() {
        return configuration.algorithm();
    }

    /** How many requests may wait for a target; 0 for none. */
    public int queueSize() {
        return configuration.queueSize();
    }

    /** What would become of a request now. Changes nothing, takes no lease, and sends nothing. */
    public Prospect prospect() {
        Snapshot now = snapshot();
        Placement newcomer = new Placement(this, null);
        Forecast<Target> forecast = algorithm.forecast(now.candidates(), target -> isFree(target, newcomer));
        List<Prospect.Exclusion> exclusions = new ArrayList<>();
        for (Target target : now.all()) {
            if (forecast.standings().stream().noneMatch(standing -> standing.candidate() == target)) {
                exclusions.add(new Prospect.Exclusion(target, exclusion(target, now)));
            }
        }
        now.leaving().forEach(target -> exclusions.add(new Prospect.Exclusion(target, "it is DRAINING")));
        String refusal = unavailability();
        boolean isFull = refusal == null && forecast.standings().isEmpty();
        return new Prospect(
                forecast,
                exclusions,
                isFull ? "every target has as many requests as it may" : refusal,
                isFull && waiting() < configuration.queueSize());
    }

    private String exclusion(Target target, Snapshot now) {
        if (now.candidates().contains(target)) {
            return "it has " + target.inFlight() + " of " + limit(target) + " requests";
        }
        TargetState.Name state = target.state().name();
        if (state == TargetState.Name.DRAINING) {
            return "it is DRAINING";
        }
        if (target.weight() == 0) {
            return "it has the weight 0";
        }
        return now.reserve().contains(target)
                ? "it is " + state + (target.priority() == 0 ? "" : " and of the priority " + target.priority())
                        + ": others are fitter"
                : "it is " + state;
    }

    /** Why there is no target for new requests, in words for the log; null if there is one. */
    public @Nullable String unavailability() {
        Snapshot now = snapshot();
        if (!now.candidates().isEmpty()) {
            return null;
        }
        if (now.all().isEmpty()) {
            return "no target is available: none of its names has an address";
        }
        Map<String, Long> reasons = now.all().stream()
                .collect(Collectors.groupingBy(TargetGroup::whyNot, TreeMap::new, Collectors.counting()));
        return "no target is available: "
                + (reasons.size() == 1
                        ? allAre(now.all().size(), reasons.keySet().iterator().next())
                        : "of " + now.all().size() + ", "
                                + reasons.entrySet().stream()
                                        .map(entry -> entry.getValue()
                                                + (entry.getValue() == 1 ? " is " : " are ")
                                                + entry.getKey())
                                        .collect(Collectors.joining(", ")));
    }

    private static String allAre(int count, String reason) {
        return (count == 1 ? "the only one is " : count == 2 ? "both are " : "all " + count + " are ") + reason;
    }

    private static String whyNot(Target target) {
        TargetState.Name state = target.state().name();
        return state.compareTo(TargetState.Name.UNHEALTHY) < 0 && target.weight() == 0
                ? "of the weight 0"
                : state.name();
    }

    /**
     * Takes a target out: it gets no requests from now on, and those of its sessions go to others. What is in flight there goes on. Nothing
     * happens if it is out.
     */
    public void takeOut(Target target) {
        if (target.takeOut()) {
            LOG.info("{}: {} is DRAINING: an operator has taken it out", name(), target);
            refresh();
        }
    }

    /** It gets requests again, as far as its health allows. Nothing happens if it is not out. */
    public void putBack(Target target) {
        if (target.putBack()) {
            LOG.info(
                    "{}: an operator has put {} back, it is {}",
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

    /** How many requests and tunnels are at its targets now, those that have left included. */
    public int inFlight() {
        return allTargets().stream().mapToInt(Target::inFlight).sum();
    }

    /** How often its names were looked up. */
    public LookUps lookUps() {
        return lookUps;
    }

    /** How many requests wait for a target now. */
    public int waiting() {
        return queue.length();
    }

    /** Whether there is a target for new requests, be it one that has no room for them now. */
    public boolean isAvailable() {
        return !snapshot().candidates().isEmpty();
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

    /** The target of this group, or of that before it, that is there already, be it about to leave; or a new one. */
    Target target(Endpoint endpoint, String basePath) {
        String key = Target.key(endpoint, basePath);
        Target namesake = null;
        for (Target target : known()) {
            if (target.isAt(endpoint, basePath, configuration.transport())) {
                return target;
            }
            namesake = target.key().equals(key) ? target : namesake;
        }
        Health health = new Health(
                name() + ": " + endpoint,
                checks(),
                configuration.ejection(),
                ejections,
                timer,
                nanoClock,
                namesake == null ? new Flips() : namesake.health().flips(),
                this::refresh);
        return new Target(endpoint, basePath, configuration.transport(), idOf(key), nanoClock, health, namesake);
    }

    private Set<Target> known() {
        Set<Target> known = members();
        known.addAll(inherited());
        return known;
    }

    private synchronized Set<Target> members() {
        Set<Target> members = new LinkedHashSet<>(present);
        members.addAll(draining.keySet());
        return members;
    }

    /** What still is the group's that was before. */
    private Set<Target> inherited() {
        TargetGroup other = predecessor();
        return other == null ? Set.of() : other.members();
    }

    private synchronized @Nullable TargetGroup predecessor() {
        return before;
    }

    /** Whether what it says of its targets counts: they may be another group's until it has taken over. */
    boolean isInCharge() {
        return predecessor() == null;
    }

    /**
     * Whose targets serve the requests of this group's queue: the group that has taken over last. But not one that speaks another version of
     * HTTP, which a request of this group was not made ready for.
     */
    TargetGroup latest() {
        TargetGroup last = this;
        for (TargetGroup next = successor; next != null && speaksAs(next); next = next.successor) {
            last = next;
        }
        return last;
    }

    private boolean speaksAs(TargetGroup other) {
        return transport().isHttp2() == other.transport().isHttp2();
    }

    /** By which this group's sessions know it. It has the ids of the group that is in charge, which may be of another kind, and not opaque. */
    String idOf(Target target) {
        String id = target.id(); // first: whoever gives it another one has let this group retire before
        return retired ? idOf(target.key()) : id;
    }

    private String idOf(String key) {
        return stickiness == null ? key : stickiness.idOf(key);
    }

    /** Null if there are none. */
    private @Nullable HealthCheckConfiguration checks() {
        return healthChecker == null ? null : configuration.healthCheck();
    }

    private void beginChecks(Target target) {
        HealthCheckConfiguration checks = checks();
        if (healthChecker != null && checks != null) {
            Endpoint endpoint = target.endpoint();
            target.check(healthChecker.check(
                    checks, endpoint.hostname(), endpoint.address(), endpoint.port(), target.health()));
        }
    }

    /**
     * Takes the place of the group before it, if there is one. All targets of both are its own now; {@link Discovery#apply} then says which
     * of them stay. On the timer's thread.
     */
    void takeOver() {
        TargetGroup other = predecessor();
        if (other == null) {
            return;
        }
        Map<Target, Long> left = other.handOver();
        List<Target> twice;
        synchronized (this) {
            Set<Target> all = new LinkedHashSet<>(other.present);
            all.addAll(left.keySet());
            twice = present.stream()
                    .filter(target -> !all.contains(target) && all.stream().anyMatch(target::isSameAs))
                    .toList();
            present.stream()
                    .filter(target -> !target.isGone() && !twice.contains(target))
                    .forEach(all::add);
            all.removeAll(left.keySet());
            present = List.copyOf(all);
            left.forEach(this::drain);
            snapshot = other.snapshot; // beside which what is new starts slowly
            startsSlowly = !configuration.slowStart().isZero();
            before = null;
        }
        other.successor = this; // from now on it serves those who wait
        twice.forEach(Target::close); // found by both meanwhile: that of the other group has the requests
        HealthCheckConfiguration checks = checks();
        boolean isCheckedAsBefore = Objects.equals(checks, other.checks());
        for (Target target : other.present) {
            adopt(target, checks, isCheckedAsBefore);
        }
        for (Target target : left.keySet()) {
            adopt(target, checks, isCheckedAsBefore);
        }
    }

    private void adopt(Target target, @Nullable HealthCheckConfiguration checks, boolean isCheckedAsBefore) {
        target.rename(idOf(target.key()));
        target.health().reconfigure(checks, configuration.ejection(), this::refresh);
        if (!isCheckedAsBefore) {
            target.check(null);
            beginChecks(target);
        }
    }

    /** Those that drain, each with the milliseconds that it has left. */
    private synchronized Map<Target, Long> handOver() {
        retired = true;
        Map<Target, Long> left = new LinkedHashMap<>();
        draining.forEach((target, end) -> {
            end.cancel(false);
            left.put(target, Math.max(0, end.getDelay(TimeUnit.MILLISECONDS)));
        });
        draining.clear();
        return left;
    }

    /** No new requests come, and no other group takes over: its targets drain. On the timer's thread. */
    public synchronized void retire() {
        retired = true;
        present.forEach(this::deregister);
    }

    /** Whether nothing drains. */
    public synchronized boolean isDrained() {
        return draining.isEmpty();
    }

    /** From now on the group has these targets, each of which it was asked for. One that it has no longer drains. */
    void replaceTargets(List<Target> targets) {
        Set<Target> inherited = inherited();
        List<Health> tooManyEjected;
        synchronized (this) {
            if (closed || retired) {
                return;
            }
            for (Target target : present) {
                if (!targets.contains(target) && !inherited.contains(target)) {
                    deregister(target);
                }
            }
            for (Target target : targets) {
                ScheduledFuture<?> end = draining.remove(target);
                if (end != null) {
                    end.cancel(false);
                    target.left(null);
                    LOG.info("{}: {} is back before it had finished", name(), target);
                } else if (!present.contains(target) && !inherited.contains(target)) {
                    beginChecks(target);
                }
            }
            present = List.copyOf(targets);
            tooManyEjected = before == null
                    ? ejections.setMembers(present.stream().map(Target::health).toList())
                    : List.of();
        }
        tooManyEjected.forEach(Health::endEjection);
        refresh();
    }

    private void deregister(Target target) {
        target.left(Instant.now());
        long delay = configuration.deregistrationDelay().toMillis();
        drain(target, delay);
        LOG.info("{}: {} is DRAINING for {} s at most", name(), target, delay / 1000);
    }

    private void drain(Target target, long delayMillis) {
        draining.put(target, timer.schedule(() -> leave(target), delayMillis, TimeUnit.MILLISECONDS));
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
                snapshot.all().stream().map(Target::firstCheck).toArray(CompletableFuture<?>[]::new));
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
                startSlowly(before.candidates(), snapshot.candidates());
            }
        }
        queue.roomMade();
        TargetGroup next = successor;
        if (next != null) {
            next.refresh(); // whoever has changed a target knew this group only
        }
    }

    /** As of now. For the few requests that are left of a group that has retired it is made each time: nobody tells the group of its targets. */
    private Snapshot snapshot() {
        return retired ? newSnapshot() : snapshot;
    }

    private synchronized Snapshot newSnapshot() {
        return Snapshot.of(present, List.copyOf(draining.keySet()), configuration.failOpen());
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
        if (configuration.queueSize() == 0) {
            return pick(placement); // past those who wait in a former group that has a queue: it could not wait itself
        }
        // Where no new request goes nobody waits for room.
        TargetGroup latest = latest();
        return latest.hasPlaceOfItsOwn(placement) ? latest.ofSession(placement) : queue.acquire(placement);
    }

    boolean await(Placement placement, Consumer<@Nullable Lease> whenGranted) {
        return configuration.queueSize() > 0
                && latest().hasPlaceFor(placement)
                && queue.join(placement, configuration.queueSize(), configuration.queueTimeout(), whenGranted);
    }

    private boolean hasPlaceFor(Placement placement) {
        return hasPlaceOfItsOwn(placement) || snapshot().candidates().stream().anyMatch(placement::allows);
    }

    void leave(Placement placement) {
        queue.leave(placement);
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
        queue.roomMade();
    }

    /** Whether its session is at a target that takes no new requests. */
    boolean hasPlaceOfItsOwn(Placement placement) {
        Target target = sessionTarget(placement);
        return target != null && !snapshot().candidates().contains(target);
    }

    private @Nullable Target sessionTarget(Placement placement) {
        String id = placement.sessionTargetId();
        Target target = id == null ? null : snapshot().bySession().get(id);
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
            Snapshot now = snapshot();
            Target target = pick(now.candidates(), placement, chance);
            if (target == null
                    && placement.excluded() > 0
                    && now.candidates().stream().noneMatch(placement::allows)) {
                target = now.reserve().stream()
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
        return placement.allows(target) && !target.isOut() && (!isLimited() || target.inFlight() < limit(target));
    }

    /** What starts slowly has no more than its share of this either. */
    private int limit(Target target) {
        return isLimited()
                ? (int) Math.ceil(configuration.maxConcurrentRequestsPerTarget() * target.share())
                : Integer.MAX_VALUE;
    }

    private boolean isLimited() {
        return configuration.maxConcurrentRequestsPerTarget() != Integer.MAX_VALUE;
    }

    long nanoTime() {
        return nanoClock.getAsLong();
    }

    /**
     * Ends what is known of the targets' health; refuses the requests that wait, and lets no more of them wait. What another group has, or
     * still has, it leaves alone.
     */
    @Override
    public void close() {
        Set<Target> its;
        boolean isQueueIts;
        synchronized (this) {
            closed = true;
            its = members(); // which do not change any more
            draining.values().forEach(end -> end.cancel(false));
            isQueueIts = before == null;
        }
        its.removeAll(inherited());
        its.forEach(Target::stopWatching);
        if (isQueueIts) {
            queue.close();
        }
    }
}
