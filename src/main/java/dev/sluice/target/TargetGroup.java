package dev.sluice.target;

import dev.sluice.balance.Algorithm;
import dev.sluice.balance.Algorithms;
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
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The targets over which the requests of a rule are balanced. Its view of them is a snapshot that is replaced as a
 * whole. Safe for use by many threads.
 *
 * <p>A group has one configuration. Another configuration makes {@link #succeededBy another group} of the same name,
 * which first finds its targets, including those it shares with this one, and then {@link #takeOver takes over}. A
 * request finishes with the group it began with, on the last targets of that group. The exception is a group with a
 * queue, which all groups of one name share: its requests go to the targets of the {@link #latestSelection latest}
 * group. All changes of the set of targets run on the timer's single thread.
 */
public final class TargetGroup implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TargetGroup.class);

    private final TargetGroupConfiguration configuration;
    private final Algorithm algorithm;
    private final Selection selection;
    private final @Nullable Stickiness stickiness;
    private final Retries retries;
    private final @Nullable HealthChecker healthChecker;
    private final Lineage lineage;

    /** Configured and found, in a stable order. Guarded by this, like the fields up to {@code closed}. */
    private List<Target> present = List.of();

    /** The draining targets, each with the task that ends its drain. */
    private final Map<Target, ScheduledFuture<?>> draining = new LinkedHashMap<>();

    /** The predecessor; null once this group has taken over, or if there is none. */
    private @Nullable TargetGroup before;

    private boolean startsSlowly;
    private boolean closed;

    /** Whether the group gets no more new requests, because another has taken over or it is no longer configured. */
    private volatile boolean retired;

    private volatile @Nullable TargetGroup successor;

    private volatile Snapshot published = Snapshot.EMPTY;

    /** What a group has in common with all that succeed it under its name. */
    private record Lineage(
            LookUps lookUps,
            Ejections ejections,
            Outages outages,
            RequestQueue queue,
            Consumer<Target> whenGone,
            ScheduledExecutorService timer,
            LongSupplier nanoClock,
            DoubleSupplier random) {}

    /**
     * @param stickiness null for none
     * @param healthChecker null for none
     * @param outages those of all groups of this name
     * @param whenGone called with each target whose drain has ended
     * @param timer runs short tasks, such as granting leases to waiting requests
     */
    public TargetGroup(
            TargetGroupConfiguration configuration,
            Algorithm algorithm,
            @Nullable Stickiness stickiness,
            @Nullable HealthChecker healthChecker,
            Outages outages,
            Consumer<Target> whenGone,
            ScheduledExecutorService timer) {
        this(
                configuration,
                algorithm,
                stickiness,
                healthChecker,
                outages,
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
            Outages outages,
            Consumer<Target> whenGone,
            ScheduledExecutorService timer,
            LongSupplier nanoClock,
            DoubleSupplier random) {
        this(
                configuration,
                algorithm,
                stickiness,
                new Retries(configuration.retry(), nanoClock),
                healthChecker,
                new Lineage(
                        new LookUps(),
                        new Ejections(),
                        outages,
                        new RequestQueue(timer),
                        whenGone,
                        timer,
                        nanoClock,
                        random),
                null);
    }

    private TargetGroup(
            TargetGroupConfiguration configuration,
            Algorithm algorithm,
            @Nullable Stickiness stickiness,
            Retries retries,
            @Nullable HealthChecker healthChecker,
            Lineage lineage,
            @Nullable TargetGroup before) {
        this.configuration = configuration;
        this.algorithm = algorithm;
        this.selection = new Selection(this, configuration, algorithm, lineage.random);
        this.stickiness = stickiness;
        this.retries = retries;
        this.healthChecker = healthChecker;
        this.lineage = lineage;
        this.before = before;
    }

    /**
     * Creates the group of this name for another configuration. It continues with what this group knows about the
     * targets they share, but changes nothing about them until it {@link #takeOver takes over}. Closing it before that
     * leaves this group untouched.
     *
     * @param stickiness null for none
     * @param healthChecker null for none
     */
    public TargetGroup succeededBy(
            TargetGroupConfiguration next, @Nullable Stickiness stickiness, @Nullable HealthChecker healthChecker) {
        return new TargetGroup(
                next,
                next.algorithm() == configuration.algorithm() ? algorithm : Algorithms.create(next.algorithm()),
                stickiness,
                next.retry().equals(configuration.retry()) ? retries : new Retries(next.retry(), lineage.nanoClock),
                healthChecker,
                lineage,
                this);
    }

    /** The configured name. */
    public String name() {
        return configuration.name();
    }

    /** How requests and responses are passed on. */
    public ForwardingConfiguration forwarding() {
        return configuration.forwarding();
    }

    /** How its targets are spoken to. */
    public TransportConfiguration transport() {
        return configuration.transport();
    }

    /** This group's configuration. */
    public TargetGroupConfiguration configuration() {
        return configuration;
    }

    /** How sessions are kept at their targets; null if they are not. */
    public @Nullable Stickiness stickiness() {
        return stickiness;
    }

    /** The current targets, in a stable order; immutable. */
    public List<Target> targets() {
        return published.all();
    }

    /**
     * {@link #targets} and the draining ones, each once. In a group that is no longer configured, a target may be both.
     * Includes those of the groups that have taken over from this one.
     */
    public List<Target> allTargets() {
        Snapshot now = published;
        TargetGroup next = successor;
        return Stream.of(now.all(), now.leaving(), next == null ? List.<Target>of() : next.allTargets())
                .flatMap(List::stream)
                .distinct()
                .toList();
    }

    /** The name of its algorithm. */
    public AlgorithmName algorithm() {
        return configuration.algorithm();
    }

    /** How many requests may wait for a target; 0 for no queue. */
    public int queueSize() {
        return configuration.queueSize();
    }

    /** What would become of a new request now. Has no side effects and takes no lease. */
    public Prospect prospect() {
        return Prospect.of(currentSnapshot(), selection, new Placement(this, null), waiting() < queueSize());
    }

    /** Why no target takes new requests, in words for the log; null if one does. */
    public @Nullable String unavailability() {
        return currentSnapshot().unavailability();
    }

    /**
     * Takes a target out: it gets no more requests, and those of its sessions go to other targets. Requests in flight
     * continue.
     *
     * @param operator the address of the client that asks for it, for the log
     */
    public void takeOut(Target target, String operator) {
        if (target.takeOut()) {
            LOG.info("{}: {} is DRAINING: an operator at {} has taken it out", name(), target, operator);
        }
        refresh(); // it may have been taken out as one of another group of this name
    }

    /**
     * Lets a target have requests again, as far as its health allows.
     *
     * @param operator the address of the client that asks for it, for the log
     */
    public void putBack(Target target, String operator) {
        if (target.putBack()) {
            LOG.info(
                    "{}: an operator at {} has put {} back, it is {}",
                    name(),
                    operator,
                    target,
                    target.state().name());
        }
        refresh();
    }

    /** The limits for retries of its requests. */
    public Retries retries() {
        return retries;
    }

    /** The number of requests and tunnels in flight, including those at draining targets. */
    public int inFlight() {
        return allTargets().stream().mapToInt(Target::inFlight).sum();
    }

    /** Counts the look-ups of all groups of this name. */
    public LookUps lookUps() {
        return lineage.lookUps;
    }

    /** The number of requests in the queue, which all groups of this name share. */
    public int waiting() {
        return lineage.queue.length();
    }

    /** Whether a target takes new requests, even if none has room right now. */
    public boolean isAvailable() {
        return !currentSnapshot().candidates().isEmpty();
    }

    /**
     * Begins the placement of a new request.
     *
     * @param cookieFields the values of its Cookie fields; asked for only with stickiness
     */
    public Placement place(Supplier<Enumeration<String>> cookieFields) {
        retries.requestCame();
        return new Placement(this, stickiness == null ? null : stickiness.session(cookieFields.get()));
    }

    /** Returns the existing target of this group or its predecessor, even if it is draining; else a new one. */
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
                lineage.ejections,
                lineage.timer,
                lineage.nanoClock,
                namesake == null ? new Flips() : namesake.health().flips(),
                this::refresh);
        return new Target(
                endpoint,
                basePath,
                configuration.transport(),
                idOf(key),
                lineage.nanoClock,
                health,
                lineage.outages,
                namesake);
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

    /** The targets that still belong to the predecessor. */
    private Set<Target> inherited() {
        TargetGroup other = predecessor();
        return other == null ? Set.of() : other.members();
    }

    private synchronized @Nullable TargetGroup predecessor() {
        return before;
    }

    /** Whether this group may change its targets: until it has taken over, they may be its predecessor's. */
    boolean isInCharge() {
        return predecessor() == null;
    }

    /**
     * What serves this group's requests in the queue: the selection of the last group to have taken over, but of none
     * that speaks another version of HTTP, for which the requests of this group were not prepared.
     */
    Selection latestSelection() {
        TargetGroup last = this;
        for (TargetGroup next = successor; next != null && speaksAs(next); next = next.successor) {
            last = next;
        }
        return last.selection;
    }

    private boolean speaksAs(TargetGroup other) {
        return transport().isHttp2() == other.transport().isHttp2();
    }

    /**
     * The id by which this group's sessions know a target. The target itself has the id of the group in charge, whose
     * stickiness may differ, so that its ids need not be opaque.
     */
    String idOf(Target target) {
        String id = target.id(); // read first: this group is retired before a target is renamed
        return retired ? idOf(target.key()) : id;
    }

    private String idOf(String key) {
        return stickiness == null ? key : stickiness.idOf(key);
    }

    /** Returns null for no checks. */
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
     * Takes over from the predecessor, if there is one. The targets of both are then this group's; {@link
     * Discovery#apply} decides which of them stay. Runs on the timer thread.
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
            published = other.published; // only targets not in it start slowly
            startsSlowly = !configuration.slowStart().isZero();
            before = null;
        }
        other.successor = this; // from now on this group serves the queue
        twice.forEach(Target::close); // both groups found it meanwhile: the predecessor's has the requests
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

    /** Retires this group and stops its drains. Returns the draining targets, each with its remaining milliseconds. */
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

    /** The group gets no new requests and no successor: its targets drain. Runs on the timer thread. */
    public synchronized void retire() {
        retired = true;
        present.forEach(this::deregister);
    }

    /** Whether no target is draining. */
    public synchronized boolean isDrained() {
        return draining.isEmpty();
    }

    /** Sets the targets, all of them obtained from {@link #target}. A target no longer among them drains. */
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
                    target.setDeregisteredAt(null);
                    LOG.info("{}: {} is back, and stops draining", name(), target);
                } else if (!present.contains(target) && !inherited.contains(target)) {
                    beginChecks(target);
                }
            }
            present = List.copyOf(targets);
            tooManyEjected = before == null
                    ? lineage.ejections.setMembers(
                            present.stream().map(Target::health).toList())
                    : List.of();
        }
        tooManyEjected.forEach(Health::endEjection);
        refresh();
    }

    private void deregister(Target target) {
        target.setDeregisteredAt(Instant.now());
        long delay = configuration.deregistrationDelay().toMillis();
        drain(target, delay);
        LOG.info("{}: {} is DRAINING for {} s at most", name(), target, delay / 1000);
    }

    private void drain(Target target, long delayMillis) {
        draining.put(target, lineage.timer.schedule(() -> endDraining(target), delayMillis, TimeUnit.MILLISECONDS));
    }

    private void endDraining(Target target) {
        synchronized (this) {
            if (draining.remove(target) == null) {
                return; // it is back
            }
        }
        refresh();
        int cutOff = target.inFlight();
        target.close();
        lineage.whenGone.accept(target);
        LOG.info("{}: {} has drained, requests cut off: {}", name(), target, cutOff);
    }

    /** Completes once each current target has had its first check, if it is checked. */
    CompletableFuture<Void> firstChecks() {
        return CompletableFuture.allOf(
                published.all().stream().map(Target::firstCheck).toArray(CompletableFuture<?>[]::new));
    }

    /** Ends the start-up phase: from now on, a target that joins others starts slowly, if that is configured. */
    public synchronized void settle() {
        startsSlowly = !configuration.slowStart().isZero();
    }

    /** Updates the snapshot. Called after every change of the targets or their health. */
    private void refresh() {
        synchronized (this) {
            Snapshot last = published;
            published = newSnapshot();
            if (startsSlowly && !retired) { // else it is the business of the group that has taken over
                startSlowly(last.candidates(), published.candidates());
            }
        }
        lineage.queue.roomMade();
        TargetGroup next = successor;
        if (next != null) {
            next.refresh(); // the caller may know only this group
        }
    }

    /**
     * The current snapshot. A retired group, which is not told of changes to its targets, makes a new one per call for
     * the few requests left.
     */
    Snapshot currentSnapshot() {
        return retired ? newSnapshot() : published;
    }

    private synchronized Snapshot newSnapshot() {
        return Snapshot.of(present, List.copyOf(draining.keySet()), configuration.failOpen());
    }

    /** Applies to targets that join others which stay. */
    private void startSlowly(List<Target> last, List<Target> now) {
        if (now.stream().anyMatch(last::contains)) {
            for (Target target : now) {
                if (!last.contains(target)) {
                    target.startSlowly(new SlowStart(configuration.slowStart(), lineage.nanoClock));
                }
            }
        }
    }

    @Nullable
    Lease acquire(Placement placement) {
        if (configuration.queueSize() == 0) {
            return selection.pick(placement); // ahead of those in the queue of a former group: this one cannot wait
        }
        // New requests never wait for a target that takes none, so its sessions bypass the queue.
        Selection latest = placement.selection();
        return latest.hasPlaceOfItsOwn(placement)
                ? latest.ofSession(placement)
                : lineage.queue.acquire(placement, configuration.queueSize());
    }

    boolean await(Placement placement, Consumer<@Nullable Lease> whenGranted) {
        return configuration.queueSize() > 0
                && placement.selection().mayHaveRoom(placement)
                && lineage.queue.join(placement, configuration.queueSize(), configuration.queueTimeout(), whenGranted);
    }

    void leaveQueue(Placement placement) {
        lineage.queue.leave(placement);
    }

    /**
     * A target has sent a complete response.
     *
     * @param begun when the lease began, in nanoseconds
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
        lineage.queue.roomMade();
    }

    long nanoTime() {
        return lineage.nanoClock.getAsLong();
    }

    /** Refuses all waiting and later requests in the queue. */
    public void refuseWaiting() {
        lineage.queue.close();
    }

    /**
     * Stops watching the targets' health and refuses all waiting and later requests in the queue. Before this group has
     * taken over, its predecessor's targets and the shared queue are left alone.
     */
    @Override
    public void close() {
        Set<Target> left;
        boolean ownsQueue;
        synchronized (this) {
            closed = true;
            left = members(); // they do not change any more
            draining.values().forEach(end -> end.cancel(false));
            ownsQueue = before == null;
        }
        left.removeAll(inherited());
        left.forEach(Target::stopWatching);
        if (ownsQueue) {
            refuseWaiting();
        }
    }
}
