package dev.sluice;

import dev.sluice.admin.Admin;
import dev.sluice.admin.Lifetime;
import dev.sluice.config.Configuration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.observe.Observation;
import dev.sluice.observe.Reloads;
import dev.sluice.routing.Rule;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The load balancer that takes requests now. With another configuration it is replaced by another one, as a whole: by one write of one
 * reference, when the new one has found its targets and has taken over what the old one had. Safe for use by many threads.
 */
final class LiveLoadBalancer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LiveLoadBalancer.class);

    /** How often it looks whether something is in flight when it ends. */
    private static final int LOOKING_MILLIS = 20;

    private final SharedResources shared;
    private volatile LoadBalancer current;

    /** The groups that are not configured any more and whose targets drain. Guarded by the monitor. */
    private final List<TargetGroup> leaving = new ArrayList<>();

    /** Of former configurations, with requests that wait still. Guarded by the monitor, as what follows. */
    private final List<Admin> formerAdmins = new ArrayList<>();

    private boolean closed;

    private LiveLoadBalancer(Configuration configuration, SharedResources shared) throws InterruptedException {
        this.shared = shared;
        LoadBalancer first;
        try {
            first = started(configuration, null);
        } catch (InterruptedException | RuntimeException | Error e) {
            shared.close();
            throw e;
        }
        first.takeOver();
        current = first;
        useConnections();
        shared.metrics().show(shared.reloads());
        shared.timer().scheduleWithFixedDelay(this::forgetMetrics, 1, 1, TimeUnit.MINUTES);
    }

    /** Returns when it takes requests, as {@link LoadBalancer#start}. */
    static LiveLoadBalancer start(Configuration configuration, Observation observation, Lifetime lifetime)
            throws InterruptedException {
        return new LiveLoadBalancer(configuration, new SharedResources(observation, lifetime));
    }

    /** As of now: to be asked once per request. */
    LoadBalancer current() {
        return current;
    }

    /**
     * Replaces it. Returns when the new one takes requests; if it cannot be started, the old one goes on as if nothing had been. One thread at
     * a time may call this.
     *
     * @throws RuntimeException if it cannot be started
     * @throws InterruptedException if the thread is interrupted meanwhile; likewise
     */
    void replace(Configuration configuration) throws InterruptedException {
        LoadBalancer next = started(configuration, current);
        try {
            // On the timer's thread, which alone changes what targets there are: nothing does so meanwhile.
            shared.timer().submit(() -> replaceBy(next)).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("The configuration could not be replaced as it should be", e);
        }
    }

    private LoadBalancer started(Configuration configuration, @Nullable LoadBalancer before)
            throws InterruptedException {
        LoadBalancer next = new LoadBalancer(configuration, shared, this::gone, this::leavingGroups, before);
        try {
            next.start();
            return next;
        } catch (InterruptedException | RuntimeException | Error e) {
            next.abandon();
            throw e;
        }
    }

    /** The former one's viewers are told without the monitor, for that ends exchanges. */
    private void replaceBy(LoadBalancer next) {
        Admin formerAdmin;
        synchronized (this) {
            if (closed) {
                next.abandon();
                return;
            }
            formerAdmin = current.admin();
            carefully(() -> leaving.addAll(next.takeOver()));
            current = next;
            carefully(this::useConnections);
            formerAdmins.removeIf(Admin::isIdle);
            if (formerAdmin != null) {
                formerAdmins.add(formerAdmin);
            }
        }
        if (formerAdmin != null) {
            carefully(formerAdmin::retire);
        }
        closeDrained(); // what never had a target
    }

    /** There is no way back from here: what fails must keep nothing else from it, nor say that the new one was refused. */
    private static void carefully(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            LOG.error("Not everything of a former configuration could be ended", e);
        }
    }

    /** On the timer's thread. What has the same way to be reached may be in use by another group, or again. */
    private void gone(Target target) {
        if (current == null) {
            return; // while the first configuration starts nothing is in use
        }
        if (groups().flatMap(group -> group.targets().stream()).noneMatch(target::isReachedAs)) {
            shared.connections().forget(target);
        }
        closeDrained();
        useConnections();
    }

    /** The targets that drain count too: who has leased one may still be about to connect to it. */
    private synchronized void useConnections() {
        Stream<TransportConfiguration> ofTargets = Stream.concat(groups(), leaving.stream())
                .flatMap(group -> group.allTargets().stream())
                .map(Target::transport);
        shared.connections()
                .use(Stream.concat(current.transports().stream(), ofTargets).collect(Collectors.toUnmodifiableSet()));
    }

    /** Who waits for a target of theirs does so in vain. Told of that without the monitor, for it ends exchanges. */
    private void closeDrained() {
        List<TargetGroup> drained;
        synchronized (this) {
            drained = leaving.stream().filter(TargetGroup::isDrained).toList();
            leaving.removeAll(drained);
        }
        drained.forEach(group -> carefully(group::close));
    }

    /** Each minute, on the timer's thread. What it threw would end that. */
    private void forgetMetrics() {
        try {
            retainMetrics();
        } catch (RuntimeException e) {
            LOG.error("What is counted of those that have gone could not be forgotten", e);
        }
    }

    /** Forgets those of rules, groups and targets that are not there any more. */
    private synchronized void retainMetrics() {
        Map<String, Set<String>> rules = current.rules().inMatchingOrder().stream()
                .collect(Collectors.groupingBy(
                        rule -> rule.targetGroup().name(), Collectors.mapping(Rule::pathPrefix, Collectors.toSet())));
        Map<String, Set<String>> targets = Stream.concat(groups(), leaving.stream())
                .collect(Collectors.groupingBy(
                        TargetGroup::name, Collectors.flatMapping(LiveLoadBalancer::names, Collectors.toSet())));
        shared.metrics().retain(rules, targets);
    }

    private static Stream<String> names(TargetGroup group) {
        return group.allTargets().stream().map(Target::name);
    }

    private Stream<TargetGroup> groups() {
        return current.targetGroups().stream();
    }

    /** What came of the configurations that were read later than the first. */
    Reloads reloads() {
        return shared.reloads();
    }

    SharedResources shared() {
        return shared;
    }

    /** How many requests and tunnels are in flight, or wait for a target, whatever configuration they have begun with. */
    int inFlight() {
        return shared.connections().exchanges();
    }

    /** Waits until nothing is in flight any more, but for so long at most; how many requests and tunnels are left then. */
    int awaitIdle(Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        int left = inFlight();
        while (left > 0 && System.nanoTime() - end < 0) {
            Thread.sleep(LOOKING_MILLIS); // nobody but this thread has to be told
            left = inFlight();
        }
        return left;
    }

    /**
     * Ends what is in flight: it is answered 503 or broken off.
     *
     * @param patience for how long it is waited for that to have happened
     */
    void cutOff(Duration patience) throws InterruptedException {
        shared.connections().close();
        awaitIdle(patience);
    }

    /** Ends what operators wait for, so that nobody else has to. */
    void stopWaiting() {
        admins().forEach(admin -> carefully(admin::close));
    }

    private synchronized List<Admin> admins() {
        List<Admin> admins = new ArrayList<>(formerAdmins);
        Admin admin = current.admin();
        if (admin != null) {
            admins.add(admin);
        }
        return admins;
    }

    /** How many groups are not configured any more and are not drained yet. */
    synchronized int leaving() {
        return leaving.size();
    }

    private synchronized List<TargetGroup> leavingGroups() {
        return List.copyOf(leaving);
    }

    /** Ends everything at once, requests in flight included: without the monitor, for that runs what is others'. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true; // from now on nothing takes the place of what is in use
        }
        stopWaiting();
        carefully(current::close);
        leavingGroups().forEach(group -> carefully(group::close));
        shared.close();
    }
}
