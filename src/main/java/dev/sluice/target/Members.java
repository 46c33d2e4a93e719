package dev.sluice.target;

import dev.sluice.balance.Stickiness;
import dev.sluice.config.HealthCheckConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.health.Flips;
import dev.sluice.health.Health;
import dev.sluice.health.HealthChecker;
import java.net.InetAddress;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The targets that a group has, those that have left it and are draining, and the snapshot of both that its requests
 * see. The set changes on the timer's single thread only; the snapshot also follows the health of the targets, on any
 * thread. Safe for use by many threads.
 *
 * <p>The members of a group that is to succeed another begin beside those of its predecessor: they may include its
 * targets, but leave them as they are. From the moment they {@link #takeOver take over}, they are in charge of the
 * targets of both, and the predecessor's members no longer change.
 */
final class Members {

    private static final Logger LOG = LoggerFactory.getLogger(Members.class);

    private final TargetGroupConfiguration configuration;
    private final @Nullable Stickiness stickiness;
    private final @Nullable HealthChecker healthChecker;
    private final Lineage lineage;

    /** Configured and found, in a stable order. Guarded by this, like the next three. */
    private List<Target> present = List.of();

    /** The draining targets, each with the task that ends its drain. */
    private final Map<Target, ScheduledFuture<?>> draining = new LinkedHashMap<>();

    /** As {@link #predecessor}. */
    private @Nullable TargetGroup before;

    private boolean startsSlowly; // whether targets that join others do; not before the first have settled

    /** Whether none are added any more: another group has taken over, or this one is no longer configured, or closed. */
    private volatile boolean retired;

    /** The group whose members have taken over from these; null for none. */
    private volatile @Nullable TargetGroup successor;

    private volatile Snapshot published = Snapshot.EMPTY;

    /**
     * @param stickiness gives the targets their ids; null for none
     * @param healthChecker null for none
     * @param before the group to succeed; null for none
     */
    Members(
            TargetGroupConfiguration configuration,
            @Nullable Stickiness stickiness,
            @Nullable HealthChecker healthChecker,
            Lineage lineage,
            @Nullable TargetGroup before) {
        this.configuration = configuration;
        this.stickiness = stickiness;
        this.healthChecker = healthChecker;
        this.lineage = lineage;
        this.before = before;
    }

    /**
     * Returns the existing target of this place; else a new one.
     *
     * @param existing those at its address ({@link #byAddress})
     */
    Target target(Endpoint endpoint, String basePath, List<Target> existing) {
        for (Target target : existing) {
            if (target.isAt(endpoint, basePath, configuration.transport())) {
                return target;
            }
        }
        String key = Target.key(endpoint, basePath);
        Target namesake = existing.stream()
                .filter(target -> target.key().equals(key))
                .reduce((earlier, later) -> later)
                .orElse(null);
        Health health = new Health(
                configuration.name() + ": " + endpoint.with(basePath),
                checks(),
                configuration.ejection(),
                lineage.ejections(),
                lineage.timer(),
                lineage.nanoClock(),
                namesake == null ? new Flips() : namesake.health().flips(),
                this::refresh);
        return new Target(
                endpoint,
                basePath,
                configuration.transport(),
                idOf(key),
                lineage.nanoClock(),
                health,
                lineage.takenOut(),
                namesake);
    }

    /** The targets here and of the predecessor, even those that are draining. */
    Map<InetAddress, List<Target>> byAddress() {
        Set<Target> known = all();
        known.addAll(inherited());
        return known.stream()
                .collect(Collectors.groupingBy(target -> target.endpoint().address()));
    }

    private synchronized Set<Target> all() {
        Set<Target> all = new LinkedHashSet<>(present);
        all.addAll(draining.keySet());
        return all;
    }

    /** Those that still belong to the predecessor. */
    private Set<Target> inherited() {
        TargetGroup other = predecessor();
        return other == null ? Set.of() : other.members().all();
    }

    /** The group to succeed; null once these have taken over, or if there is none. */
    synchronized @Nullable TargetGroup predecessor() {
        return before;
    }

    /** Whether these may change their targets: until they have taken over, they may be the predecessor's. */
    boolean isInCharge() {
        return predecessor() == null;
    }

    /**
     * The id by which this group's sessions know a target. The target itself has the id of the group in charge, whose
     * stickiness may differ, so that its ids need not be opaque.
     */
    String idOf(Target target) {
        String id = target.id(); // read first: these are retired before a target is renamed
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
     * Takes over from the predecessor, which there must be, for the group of these. The targets of both are then among
     * these; {@link #replace} must follow, which decides which of them stay. Runs on the timer's thread.
     */
    void takeOver(TargetGroup group) {
        Members other = Objects.requireNonNull(predecessor()).members();
        Set<Target> inherited = other.all();
        Map<Target, Long> left = other.handOver();
        List<Target> twice;
        synchronized (this) {
            twice = present.stream()
                    .filter(target ->
                            !inherited.contains(target) && inherited.stream().anyMatch(target::isSameAs))
                    .toList();
            Set<Target> all = new LinkedHashSet<>(inherited);
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
        other.successor = group; // from now on it serves the queue
        twice.forEach(Target::close); // both found it meanwhile: the predecessor's has the requests
        adopt(inherited, other);
    }

    /** Treats the targets of another configuration as this one says. */
    private void adopt(Set<Target> inherited, Members other) {
        HealthCheckConfiguration checks = checks();
        boolean isCheckedAsBefore = Objects.equals(checks, other.checks());
        for (Target target : inherited) {
            target.rename(idOf(target.key()));
            target.startWithin(configuration.slowStart());
            target.health().reconfigure(checks, configuration.ejection(), this::refresh);
            if (!isCheckedAsBefore) {
                target.check(null);
                beginChecks(target);
            }
        }
    }

    /**
     * Retires these and stops their drains. Returns the draining targets, each with its remaining milliseconds. They stay
     * among these: whoever comes meanwhile may be of a session at one of them.
     */
    private synchronized Map<Target, Long> handOver() {
        retired = true;
        Map<Target, Long> left = new LinkedHashMap<>();
        draining.forEach((target, end) -> {
            end.cancel(false);
            left.put(target, Math.max(0, end.getDelay(TimeUnit.MILLISECONDS)));
        });
        return left;
    }

    /** As {@link TargetGroup#retire}. */
    synchronized void retire() {
        retired = true;
        present.forEach(this::deregister);
    }

    /** Whether no target is draining. */
    synchronized boolean isDrained() {
        return draining.isEmpty();
    }

    /** Sets the targets, all of them obtained from {@link #target}. One that is no longer among them drains. */
    void replace(List<Target> targets) {
        Set<Target> inherited = inherited();
        List<Health> tooManyEjected;
        synchronized (this) {
            if (retired) {
                return;
            }
            Set<Target> had = Set.copyOf(present);
            Set<Target> wanted = Set.copyOf(targets);
            for (Target target : present) {
                if (!wanted.contains(target) && !inherited.contains(target)) {
                    deregister(target);
                }
            }
            for (Target target : targets) {
                ScheduledFuture<?> end = draining.remove(target);
                if (end != null) {
                    end.cancel(false);
                    target.setLeftAt(null);
                    LOG.info("{}: {} is back, and stops draining", configuration.name(), target);
                } else if (!had.contains(target) && !inherited.contains(target)) {
                    beginChecks(target);
                }
            }
            present = List.copyOf(targets);
            tooManyEjected = before == null
                    ? lineage.ejections()
                            .setMembers(present.stream().map(Target::health).toList())
                    : List.of();
        }
        tooManyEjected.forEach(Health::endEjection);
        refresh();
    }

    private void deregister(Target target) {
        target.setLeftAt(Instant.now());
        long delay = configuration.deregistrationDelay().toMillis();
        drain(target, delay);
        LOG.info("{}: {} is DRAINING for {} s at most", configuration.name(), target, delay / 1000);
    }

    private void drain(Target target, long delayMillis) {
        draining.put(target, lineage.timer().schedule(() -> endDraining(target), delayMillis, TimeUnit.MILLISECONDS));
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
        lineage.whenGone().accept(target);
        LOG.info("{}: {} has drained, requests cut off: {}", configuration.name(), target, cutOff);
    }

    /** Completes once each current target has had its first check, if it is checked. */
    CompletableFuture<Void> firstChecks() {
        return CompletableFuture.allOf(
                published.all().stream().map(Target::firstCheck).toArray(CompletableFuture<?>[]::new));
    }

    /** As {@link TargetGroup#endStartUp}. */
    synchronized void endStartUp() {
        startsSlowly = !configuration.slowStart().isZero();
    }

    /**
     * Updates the snapshot, and that of those which have taken over: a target may still call these. Called after every
     * change of the targets or their health.
     */
    void refresh() {
        synchronized (this) {
            Snapshot last = published;
            published = newSnapshot();
            if (startsSlowly && !retired) { // else it is the business of the group that has taken over
                startSlowly(last.candidates(), published.candidates());
            }
        }
        lineage.queue().roomMade();
        TargetGroup next = successor;
        if (next != null) {
            next.members().refresh();
        }
    }

    /** The group whose members have taken over from these; null for none. */
    @Nullable
    TargetGroup successor() {
        return successor;
    }

    /**
     * The current snapshot. Once retired, these may not be told of changes to their targets: then a new one is made per
     * call, for the few requests left.
     */
    Snapshot snapshot() {
        return retired ? newSnapshot() : published;
    }

    private synchronized Snapshot newSnapshot() {
        List<Target> leaving =
                draining.keySet().stream().filter(target -> !target.isGone()).toList(); // once retired, they stay here
        return Snapshot.of(present, leaving, configuration.failOpen());
    }

    /** Applies to targets that join others which stay. */
    private void startSlowly(List<Target> last, List<Target> now) {
        if (now.stream().anyMatch(last::contains)) {
            for (Target target : now) {
                if (!last.contains(target)) {
                    target.startSlowly(new SlowStart(configuration.slowStart(), lineage.nanoClock()));
                }
            }
        }
    }

    /** Retires these, and stops watching their health, except of those that still belong to the predecessor. */
    void close() {
        Set<Target> left;
        synchronized (this) {
            retired = true;
            left = all();
            draining.values().forEach(end -> end.cancel(false));
        }
        left.removeAll(inherited());
        left.forEach(Target::stopWatching);
    }
}
