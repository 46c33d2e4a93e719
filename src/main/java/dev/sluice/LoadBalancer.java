package dev.sluice;

import dev.sluice.admin.Admin;
import dev.sluice.balance.Algorithms;
import dev.sluice.balance.Stickiness;
import dev.sluice.config.Configuration;
import dev.sluice.config.ShutdownConfiguration;
import dev.sluice.config.StickinessConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.dns.DnsResolver;
import dev.sluice.forward.Forwarder;
import dev.sluice.health.HealthChecker;
import dev.sluice.routing.Rule;
import dev.sluice.routing.Rules;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The live object that a configuration becomes: its rules, its target groups with the targets that DNS finds for them,
 * and the forwarding to those. Another configuration becomes another object. A request sees one configuration as a
 * whole, because it asks for the load balancer in use only once.
 *
 * <p>A group that is configured as before is the same object in both. A group that is configured differently succeeds
 * the one of the same name ({@link TargetGroup}).
 */
final class LoadBalancer {

    private static final Logger LOG = LoggerFactory.getLogger(LoadBalancer.class);

    /** How long the start waits for look-ups and health checks; whatever is not found by then is found later. */
    private static final Duration START_TIMEOUT = Duration.ofSeconds(5);

    private final Configuration configuration;
    private final RequestRecorder recorder;
    private final Rules<TargetGroup> rules;
    private final Map<String, TargetGroup> groups = new LinkedHashMap<>();
    private final SharedResources shared;
    private final DnsResolver resolver;
    private final Forwarder forwarder;
    private final @Nullable Admin admin;
    /** The load balancer that this one is to replace; null for none, and once this one has taken over. */
    private volatile @Nullable LoadBalancer before;

    /**
     * Does not contact any target yet ({@link #start} does), and does not change the load balancer before this one
     * ({@link #takeOver} does).
     *
     * @param whenGone told of each target that has left and whose time to finish is over
     * @param leaving the groups that are no longer configured and whose targets are draining, as of each call
     * @param before the load balancer that this one is to replace; null for none
     */
    LoadBalancer(
            Configuration configuration,
            SharedResources shared,
            Consumer<Target> whenGone,
            Supplier<List<TargetGroup>> leaving,
            @Nullable LoadBalancer before) {
        this.configuration = configuration;
        this.shared = shared;
        this.recorder = new RequestRecorder(
                configuration.observation(),
                shared.accessLog(),
                configuration.admin() == null
                        ? shared.observation() // nobody would see the metrics
                        : shared.observation().and(shared.metrics()));
        this.before = before;
        shared.connections().prepare(configuration.transports()); // first: it may fail
        resolver = resolver(before);
        forwarder = new Forwarder(
                configuration.timeouts(),
                configuration.forwarded(),
                configuration.ownCookies(),
                shared.connections(),
                shared.exchanges(),
                TargetGroup.none(shared.timer()));
        configuration.targetGroups().forEach(group -> groups.put(group.name(), group(group, whenGone, before)));
        rules = Rules.of(configuration.rules().stream()
                .map(rule -> Rule.of(rule, Objects.requireNonNull(groups.get(rule.targetGroup()))))
                .toList());
        admin = admin(leaving);
        warnOfShortTimeout();
        warnOfWhatIsUnused();
    }

    private DnsResolver resolver(@Nullable LoadBalancer last) {
        return last != null && last.configuration.dns().equals(configuration.dns())
                ? last.resolver
                : new DnsResolver(configuration.dns(), shared.blockingLookUps(), shared.timer());
    }

    private @Nullable Admin admin(Supplier<List<TargetGroup>> leaving) {
        return configuration.admin() == null
                ? null
                : new Admin(
                        configuration.admin(),
                        shared.lifetime(),
                        shared.reloads(),
                        shared.metrics(),
                        shared.connections()::count,
                        rules,
                        targetGroups(),
                        leaving,
                        shared.timer());
    }

    private void warnOfShortTimeout() {
        if (configuration.timeouts().isConnectionHardlyMeant()) {
            LOG.warn(
                    "CONNECTION_TIMEOUT is in milliseconds: a target that is silent for {} of them has failed",
                    configuration.timeouts().connection().toMillis());
        }
    }

    private void warnOfWhatIsUnused() {
        configuration.unusedTargetGroups().forEach(name -> LOG.warn("No rule forwards to the target group {}", name));
        rules.inMatchingOrder().stream()
                .map(Rule::rewriteFault)
                .filter(Objects::nonNull)
                .forEach(fault -> LOG.warn("PATH_REWRITE {}", fault));
    }

    private TargetGroup group(TargetGroupConfiguration group, Consumer<Target> whenGone, @Nullable LoadBalancer last) {
        TargetGroup known = last == null ? null : last.groups.get(group.name());
        return last == null || known == null
                ? newGroup(group, whenGone)
                : keepOrSucceed(known, group, last.configuration);
    }

    private TargetGroup newGroup(TargetGroupConfiguration group, Consumer<Target> whenGone) {
        warnIfNotVerified(group);
        warnOfUnusedWeights(group);
        return new TargetGroup(
                group,
                Algorithms.create(group.algorithm()),
                Stickiness.create(group, this::secret, null),
                healthChecker(group),
                resolver,
                shared.takenOut(group.name()),
                whenGone,
                shared.timer());
    }

    /** The known group if nothing about the group has changed since the last configuration, else its successor. */
    private TargetGroup keepOrSucceed(TargetGroup known, TargetGroupConfiguration group, Configuration last) {
        TargetGroupConfiguration itsLast = known.configuration();
        StickinessConfiguration stickiness = group.stickiness();
        boolean isStickyAsBefore = Objects.equals(stickiness, itsLast.stickiness())
                && (stickiness == null
                        || !stickiness.isOwnCookie()
                        || Objects.equals(configuration.stickinessSecret(), last.stickinessSecret()));
        if (group.equals(itsLast) && isStickyAsBefore && configuration.dns().equals(last.dns())) {
            return known;
        }
        if (itsLast.transport().verified()) {
            warnIfNotVerified(group);
        }
        if (group.algorithm() != itsLast.algorithm() || !group.targets().equals(itsLast.targets())) {
            warnOfUnusedWeights(group);
        }
        return known.succeededBy(
                group,
                isStickyAsBefore ? known.stickiness() : Stickiness.create(group, this::secret, known.stickiness()),
                healthChecker(group),
                resolver);
    }

    private static void warnIfNotVerified(TargetGroupConfiguration group) {
        if (!group.transport().verified()) {
            LOG.warn(
                    "TLS_INSECURE_SKIP_VERIFY is set for the target group {}: whoever gets in between can read and change what"
                            + " goes to its targets",
                    group.name());
        }
    }

    private static void warnOfUnusedWeights(TargetGroupConfiguration group) {
        if (group.hasUnusedWeights()) {
            LOG.warn(
                    "Weights other than 0 have no effect in the target group {}: its algorithm is {}; set ALGORITHM=WEIGHTED for it",
                    group.name(),
                    group.algorithm());
        }
    }

    private @Nullable HealthChecker healthChecker(TargetGroupConfiguration group) {
        return group.healthCheck() == null ? null : shared.healthChecker();
    }

    private byte[] secret() {
        String configured = configuration.stickinessSecret();
        return configured == null ? shared.generatedSecret() : configured.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Begins to look up and check the targets of the groups that are new or changed. Waits for the first look-ups and
     * checks, for {@link #START_TIMEOUT} at most.
     */
    void start() throws InterruptedException {
        CompletableFuture<?>[] starts =
                newGroups().stream().map(TargetGroup::start).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(starts).get(START_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.info("Not all targets could be looked up and checked within {} s", START_TIMEOUT.toSeconds());
        } catch (ExecutionException e) {
            throw new IllegalStateException("A look-up failed unexpectedly", e);
        }
        newGroups().forEach(TargetGroup::endStartUp);
    }

    /** The groups that it does not share with the load balancer before it. */
    private List<TargetGroup> newGroups() {
        LoadBalancer last = before;
        return groups.values().stream()
                .filter(each -> last == null || !last.groups.containsValue(each))
                .toList();
    }

    /**
     * Takes over from the load balancer before this one. A failure in one group is logged and does not affect the
     * others. Called once this one has started, right before it serves requests; on the timer's thread if there is one
     * before it.
     *
     * @return the groups that are no longer configured, whose targets may finish their requests
     */
    List<TargetGroup> takeOver() {
        LoadBalancer last = before;
        newGroups().forEach(each -> carefully(each, each::takeOver));
        before = null;
        if (last == null) {
            return List.of();
        }
        if (last.resolver != resolver) {
            last.resolver.close();
        }
        List<TargetGroup> left = new ArrayList<>();
        for (TargetGroup each : last.groups.values()) {
            if (!groups.containsKey(each.name())) {
                carefully(each, each::retire);
                left.add(each);
            }
        }
        return left;
    }

    /** Runs a step that cannot be taken back: its failure in one group must not keep the others from it. */
    private static void carefully(TargetGroup group, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            LOG.error("{}: not everything went over or ended as it should", group.name(), e);
        }
    }

    /** The configuration that it was made from. */
    Configuration configuration() {
        return configuration;
    }

    /** Begins the record of each request. */
    RequestRecorder recorder() {
        return recorder;
    }

    /** How long a request's path and query may be together, in bytes. */
    int maxUriBytes() {
        return configuration.listener().maxUriBytes();
    }

    /** Finds the rule that a request matches. */
    Rules<TargetGroup> rules() {
        return rules;
    }

    /** All groups, in the order of their numbers. */
    List<TargetGroup> targetGroups() {
        return List.copyOf(groups.values());
    }

    /** Serves everything below ADMIN_PATH; null if that is not set. */
    @Nullable
    Admin admin() {
        return admin;
    }

    /** Forwards requests to targets. */
    Forwarder forwarder() {
        return forwarder;
    }

    /** The delay and the time-out of the shutdown. */
    ShutdownConfiguration shutdown() {
        return configuration.shutdown();
    }

    /**
     * Ends the look-ups and health checks, the waiting for targets, and what operators are waiting for. If this one has
     * not taken over from the load balancer before it, what they share stays as it was.
     */
    void close() {
        if (admin != null) {
            admin.close();
        }
        newGroups().forEach(each -> carefully(each, each::close));
        LoadBalancer last = before;
        if (last == null || last.resolver != resolver) {
            resolver.close();
        }
    }
}
