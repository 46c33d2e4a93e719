package dev.sluice;

import dev.sluice.admin.Admin;
import dev.sluice.admin.Lifetime;
import dev.sluice.config.AccessLogFormat;
import dev.sluice.config.Configuration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.observe.Observation;
import dev.sluice.observe.Reloads;
import dev.sluice.routing.Rule;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the load balancer that serves requests. A new configuration replaces the load balancer as a whole, by one write
 * of one reference, once the new one has found its targets and has taken over what the old one had. Thread-safe.
 */
final class LiveLoadBalancer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LiveLoadBalancer.class);

    /** How often {@link #awaitIdle} checks whether anything is still in flight; in milliseconds. */
    private static final int POLL_MILLIS = 20;

    private final SharedResources shared;
    private volatile LoadBalancer current;

    /** The groups that are no longer configured and whose targets are draining. Guarded by this. */
    private final List<TargetGroup> leaving = new ArrayList<>();

    /**
     * The pages of former configurations, whose requests may still wait for a target to drain. Guarded by this.
     */
    private final List<Admin> formerAdmins = new ArrayList<>();

    private boolean closed; // guarded by this

    private LiveLoadBalancer(Configuration configuration, SharedResources shared) throws InterruptedException {
        this.shared = shared;
        try {
            current = make(configuration, null);
            start(current);
        } catch (InterruptedException | RuntimeException | Error e) {
            shared.close();
            throw e;
        }
        current.takeOver();
        useConnections();
        shared.metrics().show(shared.reloads());
        shared.timer().scheduleWithFixedDelay(this::sample, 1, 1, TimeUnit.SECONDS);
        shared.timer().scheduleWithFixedDelay(this::forgetMetrics, 1, 1, TimeUnit.MINUTES);
    }

    /** Returns once it can serve requests; see {@link LoadBalancer#start}. */
    static LiveLoadBalancer start(Configuration configuration, Observation observation, Lifetime lifetime)
            throws InterruptedException {
        AccessLogFormat accessLog = configuration.observation().accessLog();
        return new LiveLoadBalancer(configuration, new SharedResources(observation, accessLog, lifetime));
    }

    /** The load balancer in use. Called once per request, so that the request sees a single configuration. */
    LoadBalancer current() {
        return current;
    }

    /**
     * Replaces the load balancer. Returns once the new one serves requests. If it cannot be started, the old one goes
     * on unchanged. Not to be called by two threads at once.
     *
     * @throws RuntimeException if the new one cannot be started
     * @throws InterruptedException if the thread is interrupted; if the new one is still starting, the old one goes on,
     *     else the replacement may still happen
     */
    void replace(Configuration configuration) throws InterruptedException {
        LoadBalancer next = make(configuration, current);
        start(next);
        try {
            // Only the timer's thread changes the set of targets, so nothing else changes it meanwhile.
            shared.timer().submit(() -> replaceBy(next)).get();
        } catch (RejectedExecutionException e) {
            next.close(); // everything has ended meanwhile
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException("The configuration could not be replaced as it should be", e);
        }
    }

    private LoadBalancer make(Configuration configuration, @Nullable LoadBalancer before) {
        return new LoadBalancer(configuration, shared, this::gone, this::leavingGroups, before);
    }

    private static void start(LoadBalancer next) throws InterruptedException {
        try {
            next.start();
        } catch (InterruptedException | RuntimeException | Error e) {
            next.close();
            throw e;
        }
    }

    /**
     * Runs on the timer's thread. Does not hold the monitor while it ends the event streams of the former
     * configuration.
     */
    private void replaceBy(LoadBalancer next) {
        Admin formerAdmin;
        synchronized (this) {
            if (closed) {
                next.close();
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
        closeDrained(); // groups without a target are drained at once
    }

    /**
     * Runs a step after the point of no return: its failure must not prevent the other steps, nor make the new
     * configuration look refused.
     */
    private static void carefully(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            LOG.error("Something of a configuration could not be begun or ended; the rest goes on", e);
        }
    }

    /**
     * Runs on the timer's thread. Idle connections stay if a current target is reached in the same way: it may belong
     * to another group, or be the same one again.
     */
    private void gone(Target target) {
        if (current.targetGroups().stream()
                .flatMap(group -> group.targets().stream())
                .noneMatch(target::isReachedAs)) {
            shared.connections().forget(target);
        }
        closeDrained();
        useConnections();
    }

    /** Includes the targets that are draining: a request that has leased one may still be about to connect to it. */
    private synchronized void useConnections() {
        Stream<TransportConfiguration> ofTargets = allGroups().stream()
                .flatMap(group -> group.allTargets().stream())
                .map(Target::transport);
        shared.connections()
                .use(Stream.concat(current.configuration().transports().stream(), ofTargets)
                        .collect(Collectors.toUnmodifiableSet()));
    }

    /**
     * Closes the groups whose targets have all left: a request that still waits for one waits in vain. Does not hold
     * the monitor while it closes them, because that ends exchanges.
     */
    private void closeDrained() {
        List<TargetGroup> drained;
        synchronized (this) {
            drained = leaving.stream().filter(TargetGroup::isDrained).toList();
            leaving.removeAll(drained);
        }
        drained.forEach(group -> carefully(group::close));
    }

    /** Runs every second on the timer's thread, which is also the one that replaces the load balancer. */
    private void sample() {
        Admin admin = current.admin();
        if (admin != null) {
            admin.sample();
        }
    }

    /** Runs every minute on the timer's thread. Lets no exception out: it would end the repetition. */
    private void forgetMetrics() {
        try {
            retainMetrics();
        } catch (RuntimeException | Error e) {
            LOG.error("The counts of targets that are gone could not be removed", e);
        }
    }

    /** Has the metrics forget rules, groups and targets that no longer exist. */
    private synchronized void retainMetrics() {
        Map<String, Set<String>> rules = current.rules().inMatchingOrder().stream()
                .collect(Collectors.groupingBy(
                        rule -> rule.targetGroup().name(), Collectors.mapping(Rule::pathPrefix, Collectors.toSet())));
        Map<String, Set<String>> targets = allGroups().stream()
                .collect(Collectors.groupingBy(
                        TargetGroup::name, Collectors.flatMapping(LiveLoadBalancer::names, Collectors.toSet())));
        shared.metrics().retain(rules, targets);
    }

    private static Stream<String> names(TargetGroup group) {
        return group.allTargets().stream().map(Target::name);
    }

    private synchronized List<TargetGroup> allGroups() {
        return Stream.concat(current.targetGroups().stream(), leaving.stream()).toList();
    }

    /** The outcomes of reading a configuration again. */
    Reloads reloads() {
        return shared.reloads();
    }

    SharedResources shared() {
        return shared;
    }

    /** How many requests and tunnels are in flight or wait for a target, under whatever configuration they began. */
    int inFlight() {
        return shared.exchanges().inFlight();
    }

    /** Waits until nothing is in flight, or the time-out is over. Returns how many requests and tunnels are left. */
    int awaitIdle(Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        int left = inFlight();
        while (left > 0 && System.nanoTime() - end < 0) {
            Thread.sleep(POLL_MILLIS); // polling will do: only this thread wants to know
            left = inFlight();
        }
        return left;
    }

    /**
     * Ends everything in flight: it is answered with 503 or broken off.
     *
     * @param patience how long to wait until that has happened
     */
    void cutOff(Duration patience) throws InterruptedException {
        shared.connections().close();
        allGroups().forEach(group -> carefully(group::refuseWaiting));
        awaitIdle(patience);
    }

    /** Ends operators' waiting requests and event streams, so that nobody has to wait for those. */
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

    /** The groups that are no longer configured but not drained yet, those that left last first: their counts go on. */
    synchronized List<TargetGroup> leavingGroups() {
        List<TargetGroup> lastFirst = new ArrayList<>(leaving);
        Collections.reverse(lastFirst);
        return lastFirst;
    }

    /**
     * Ends everything at once, requests in flight included. Does not hold the monitor meanwhile, because that runs
     * other classes' callbacks.
     */
    @Override
    public void close() {
        synchronized (this) {
            closed = true; // from now on nothing replaces the load balancer
        }
        stopWaiting();
        carefully(shared.connections()::close); // first: whoever is refused in a queue then learns that Sluice stops
        carefully(current::close);
        leavingGroups().forEach(group -> carefully(group::close));
        shared.close();
    }
}
