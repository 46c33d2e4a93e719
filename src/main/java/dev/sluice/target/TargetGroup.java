package dev.sluice.target;

import dev.sluice.balance.Algorithm;
import dev.sluice.balance.Algorithms;
import dev.sluice.balance.Stickiness;
import dev.sluice.config.AlgorithmName;
import dev.sluice.config.ForwardingConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.health.HealthChecker;
import java.util.Enumeration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The targets over which the requests of a rule are balanced, which are its {@link Members}, found by its
 * {@link Discovery}, and the means by which they are: an algorithm, sessions, a queue, retries. Safe for use by many
 * threads.
 *
 * <p>A group has one configuration. Another configuration makes {@link #succeededBy another group} of the same name,
 * which first finds its targets, including those it shares with this one, and then takes over. A request finishes with
 * the group it began with, on the last targets of that group; on those of the latest group once it has tried these, or
 * none is left, or if it comes from the queue, which all groups of one name share.
 */
public final class TargetGroup implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TargetGroup.class);

    private final TargetGroupConfiguration configuration;
    private final Algorithm algorithm;
    private final @Nullable Stickiness stickiness;
    private final Retries retries;
    private final Lineage lineage;
    private final Members members;
    private final Discovery discovery;
    private final Selection selection;

    /**
     * @param stickiness null for none
     * @param healthChecker null for none
     * @param resolver finds its targets, once it is started
     * @param takenOut those of all groups of this name
     * @param whenGone called with each target whose drain has ended
     * @param timer single-threaded; runs short tasks, such as granting leases to waiting requests
     */
    public TargetGroup(
            TargetGroupConfiguration configuration,
            Algorithm algorithm,
            @Nullable Stickiness stickiness,
            @Nullable HealthChecker healthChecker,
            Resolver resolver,
            TakenOut takenOut,
            Consumer<Target> whenGone,
            ScheduledExecutorService timer) {
        this(
                configuration,
                algorithm,
                stickiness,
                healthChecker,
                resolver,
                new Lineage(
                        takenOut,
                        whenGone,
                        timer,
                        System::nanoTime,
                        () -> ThreadLocalRandom.current().nextDouble()));
    }

    TargetGroup(
            TargetGroupConfiguration configuration,
            Algorithm algorithm,
            @Nullable Stickiness stickiness,
            @Nullable HealthChecker healthChecker,
            Resolver resolver,
            Lineage lineage) {
        this(
                configuration,
                algorithm,
                stickiness,
                new Retries(configuration.retry(), lineage.nanoClock()),
                healthChecker,
                resolver,
                lineage,
                null);
    }

    private TargetGroup(
            TargetGroupConfiguration configuration,
            Algorithm algorithm,
            @Nullable Stickiness stickiness,
            Retries retries,
            @Nullable HealthChecker healthChecker,
            Resolver resolver,
            Lineage lineage,
            @Nullable TargetGroup before) {
        this.configuration = configuration;
        this.algorithm = algorithm;
        this.stickiness = stickiness;
        this.retries = retries;
        this.lineage = lineage;
        this.members = new Members(configuration, stickiness, healthChecker, lineage, before);
        this.discovery = new Discovery(configuration, members, lineage, resolver);
        this.selection = new Selection(this, members, algorithm, lineage.random());
    }

    /** A group that never has a target. */
    public static TargetGroup none(ScheduledExecutorService timer) {
        return new TargetGroup(
                TargetGroupConfiguration.plain("", AlgorithmName.ROUND_ROBIN, List.of()),
                Algorithms.create(AlgorithmName.ROUND_ROBIN),
                null,
                null,
                configured -> new CompletableFuture<>(), // nothing is configured
                new TakenOut(),
                target -> {},
                timer);
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
            TargetGroupConfiguration next,
            @Nullable Stickiness stickiness,
            @Nullable HealthChecker healthChecker,
            Resolver resolver) {
        return new TargetGroup(
                next,
                next.algorithm() == configuration.algorithm() ? algorithm : Algorithms.create(next.algorithm()),
                stickiness,
                next.retry().equals(configuration.retry()) ? retries : new Retries(next.retry(), lineage.nanoClock()),
                healthChecker,
                resolver,
                lineage,
                this);
    }

    /**
     * Begins to look up its targets, and to check them. The future completes once each name has been looked up and each
     * target found, if it is checked at all, has been checked once: otherwise the first target to pass its check would
     * get all requests.
     */
    public CompletableFuture<Void> start() {
        TargetGroup before = members.predecessor();
        return discovery.start(before == null ? null : before.discovery).thenCompose(all -> members.firstChecks());
    }

    /** Ends the start-up phase: from now on, a target that joins others starts slowly, if that is configured. */
    public void endStartUp() {
        members.endStartUp();
    }

    /** Takes over from its predecessor, if any, with the targets found for it. Runs on the timer's thread. */
    public void takeOver() {
        TargetGroup before = members.predecessor();
        if (before != null) {
            before.discovery.close();
            members.takeOver(this);
            discovery.goOnFrom(before.discovery); // decides which of the targets of both stay
        }
    }

    /** The group gets no new requests and no successor: its targets drain. Runs on the timer's thread. */
    public void retire() {
        discovery.close();
        members.retire();
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
        return members.snapshot().all();
    }

    /**
     * {@link #targets} and the draining ones, each once. In a group that is no longer configured, a target may be both.
     * Includes those of the groups that have taken over from this one.
     */
    public List<Target> allTargets() {
        Snapshot now = members.snapshot();
        TargetGroup next = members.successor();
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
        return configuration.queue().size();
    }

    /** What would become of a new request now. Has no side effects and takes no lease. */
    public Prospect prospect() {
        return Prospect.of(members.snapshot(), selection, new Placement(this, null), waiting() < queueSize());
    }

    /** Why no target takes new requests, in words for the log; null if one does. */
    public @Nullable String unavailability() {
        return members.snapshot().unavailability();
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
        members.refresh(); // it may have been found in a group that has taken over
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
        members.refresh();
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
        return lineage.lookUps();
    }

    /** The configured names that do not resolve now, in the order of the configuration. Immutable. */
    public List<NameProblem> nameProblems() {
        return discovery.problems();
    }

    /** The number of requests in the queue, which all groups of this name share. */
    public int waiting() {
        return lineage.queue().length();
    }

    /** Whether a target takes new requests, even if none has room right now. */
    public boolean isAvailable() {
        return !members.snapshot().candidates().isEmpty();
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

    /** Its targets, for those who change them. */
    Members members() {
        return members;
    }

    /** Whether no target is draining. */
    public boolean isDrained() {
        return members.isDrained();
    }

    /**
     * What serves this group's requests in the queue, and those that it has no target for any more: the selection of the
     * last group to have taken over, but of none that speaks another version of HTTP, for which the requests of this
     * group were not prepared.
     */
    Selection latestSelection() {
        TargetGroup last = this;
        for (TargetGroup next = members.successor(); next != null && speaksAs(next); next = next.members.successor()) {
            last = next;
        }
        return last.selection;
    }

    private boolean speaksAs(TargetGroup other) {
        return transport().isHttp2() == other.transport().isHttp2();
    }

    @Nullable
    Lease acquire(Placement placement) {
        Selection latest = latestSelection();
        boolean mayOvertake = latest != selection || lineage.queue().length() == 0;
        // Whoever waits does so in another group of this name; this one has no queue, so its requests may go first.
        if (configuration.queue().size() == 0 && mayOvertake) {
            Lease own = selection.pick(placement);
            return own == null && latest != selection ? latest.pick(placement) : own;
        }
        return lineage.queue().acquire(placement, configuration.queue().size());
    }

    boolean await(Placement placement, Consumer<@Nullable Lease> whenGranted) {
        return configuration.queue().size() > 0
                && latestSelection().mayHaveRoom(placement)
                && lineage.queue()
                        .join(
                                placement,
                                configuration.queue().size(),
                                configuration.queue().timeout(),
                                whenGranted);
    }

    void leaveQueue(Placement placement) {
        lineage.queue().leave(placement);
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
            target.health().requestSucceeded(begun);
        }
    }

    void release(Target target, Lease lease) {
        target.release(lease);
        lineage.queue().roomMade();
    }

    long nanoTime() {
        return lineage.nanoClock().getAsLong();
    }

    /** Whether requests may wait, if there is room in the queue. */
    public boolean hasQueue() {
        return configuration.queue().size() > 0 && !lineage.queue().isClosed();
    }

    /** Refuses all waiting and later requests in the queue. */
    public void refuseWaiting() {
        lineage.queue().close();
    }

    /**
     * Ends the look-ups, stops watching the targets' health, and refuses all waiting and later requests in the queue.
     * Before this group has taken over, its predecessor's targets and the shared queue are left alone.
     */
    @Override
    public void close() {
        discovery.close();
        members.close();
        if (members.isInCharge()) {
            refuseWaiting();
        }
    }
}
