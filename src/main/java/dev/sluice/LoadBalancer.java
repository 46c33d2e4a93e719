package dev.sluice;

import dev.sluice.admin.Admin;
import dev.sluice.admin.Lifetime;
import dev.sluice.balance.Algorithms;
import dev.sluice.balance.ApplicationCookie;
import dev.sluice.balance.LoadBalancerCookie;
import dev.sluice.balance.Stickiness;
import dev.sluice.config.Configuration;
import dev.sluice.config.RuleConfiguration;
import dev.sluice.config.StickinessConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.forward.Forwarder;
import dev.sluice.health.HealthChecker;
import dev.sluice.observe.Observation;
import dev.sluice.routing.Rule;
import dev.sluice.routing.Rules;
import dev.sluice.target.Discovery;
import dev.sluice.target.DnsResolver;
import dev.sluice.target.TargetGroup;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.hc.core5.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The live object that a configuration becomes: its rules, its target groups with what DNS finds for them, and the way to them. */
public final class LoadBalancer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LoadBalancer.class);

    /** How long the start waits for names and health checks: whatever is not found by then is found later. */
    private static final Duration START = Duration.ofSeconds(5);

    /** For names that only the system knows: it blocks. */
    private static final int MAX_LOOK_UP_THREADS = 16;

    private static final int SECRET_BYTES = 32;

    private final Observation observation;
    private final int maxUriBytes;
    private final Rules<TargetGroup> rules;
    private final Map<String, TargetGroup> targetGroups = new LinkedHashMap<>();
    private final List<Discovery> discoveries = new ArrayList<>();
    private final ThreadPoolExecutor lookUps;
    private final ScheduledThreadPoolExecutor timer;
    private final DnsResolver resolver;
    private final @Nullable HealthChecker healthChecker;
    private final Forwarder forwarder;
    private final @Nullable Admin admin;

    /**
     * Does nothing yet towards targets: {@link #start} does.
     *
     * @param observation is told of every request; outlives the load balancer
     */
    public LoadBalancer(Configuration configuration, Observation observation, Lifetime lifetime) {
        this.observation = observation;
        maxUriBytes = configuration.listener().maxUriBytes();
        timer = new ScheduledThreadPoolExecutor(1, new DefaultThreadFactory("sluice-timer", true));
        timer.setRemoveOnCancelPolicy(true);
        lookUps = new ThreadPoolExecutor(
                MAX_LOOK_UP_THREADS,
                MAX_LOOK_UP_THREADS,
                1,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory("sluice-dns", true));
        lookUps.allowCoreThreadTimeOut(true);
        resolver = new DnsResolver(configuration.dns(), lookUps, timer);
        forwarder = new Forwarder(
                configuration.timeouts(),
                configuration.forwarded(),
                ownCookies(configuration),
                transports(configuration),
                timer);
        healthChecker = configuration.targetGroups().stream().anyMatch(group -> group.healthCheck() != null)
                ? new HealthChecker(timer)
                : null;
        byte[] secret = stickinessSecret(configuration);
        for (TargetGroupConfiguration group : configuration.targetGroups()) {
            TargetGroup targetGroup = new TargetGroup(
                    group,
                    Algorithms.create(group.algorithm()),
                    stickiness(group, secret),
                    healthChecker,
                    forwarder::forget,
                    timer);
            targetGroups.put(group.name(), targetGroup);
            discoveries.add(new Discovery(targetGroup, group.targets(), resolver, timer));
        }
        rules = Rules.of(configuration.rules().stream().map(this::rule).toList());
        admin = configuration.admin() == null
                ? null
                : new Admin(configuration.admin(), lifetime, rules, targetGroups(), timer);
    }

    private static @Nullable Stickiness stickiness(TargetGroupConfiguration group, byte[] secret) {
        StickinessConfiguration configured = group.stickiness();
        if (configured == null) {
            return null;
        }
        String cookie = configured.cookieName();
        return switch (configured.kind()) {
            case LOAD_BALANCER_COOKIE ->
                new LoadBalancerCookie(cookie, group.name(), secret, configured.duration(), InstantSource.system());
            case APPLICATION_COOKIE -> new ApplicationCookie(cookie, configured.duration(), InstantSource.system());
        };
    }

    /** The names of the cookies that are Sluice's own: no target is to see them. */
    private static Set<String> ownCookies(Configuration configuration) {
        return configuration.targetGroups().stream()
                .map(TargetGroupConfiguration::stickiness)
                .filter(Objects::nonNull)
                .filter(stickiness -> stickiness.kind() == StickinessConfiguration.Kind.LOAD_BALANCER_COOKIE)
                .map(StickinessConfiguration::cookieName)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Set<TransportConfiguration> transports(Configuration configuration) {
        for (TargetGroupConfiguration group : configuration.targetGroups()) {
            if (!group.transport().verified()) {
                LOG.warn(
                        "TLS_INSECURE_SKIP_VERIFY is set for the target group {}: whoever can get in between can read and change what"
                                + " goes to its targets",
                        group.name());
            }
        }
        return configuration.targetGroups().stream()
                .map(TargetGroupConfiguration::transport)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static byte[] stickinessSecret(Configuration configuration) {
        String configured = configuration.stickinessSecret();
        if (configured != null) {
            return configured.getBytes(StandardCharsets.UTF_8);
        }
        if (!ownCookies(configuration).isEmpty()) {
            LOG.warn(
                    "STICKINESS_SECRET is not set, so one was made that only this process knows: after a restart, and at other"
                            + " replicas, every sticky session gets a new target");
        }
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        return secret;
    }

    private Rule<TargetGroup> rule(RuleConfiguration rule) {
        TargetGroup group = targetGroups.get(rule.targetGroup());
        if (group == null) {
            throw new IllegalArgumentException("No target group " + rule.targetGroup());
        }
        return new Rule<>(rule.pathPrefix(), rule.pathRewrite(), group);
    }

    /** Finds the targets, and goes on finding and checking them until closed. Waits for the first look-ups and checks, but not for slow ones. */
    public void start() throws InterruptedException {
        CompletableFuture<?>[] starts =
                discoveries.stream().map(Discovery::start).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(starts).get(START.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.info("Not all targets could be looked up and checked within {} s", START.toSeconds());
        } catch (ExecutionException e) {
            throw new IllegalStateException("A look-up failed unexpectedly", e);
        }
        targetGroups.values().forEach(TargetGroup::settle);
    }

    /** Who is told of each request. */
    Observation observation() {
        return observation;
    }

    /** How long a request's path and query may be together. */
    public int maxUriBytes() {
        return maxUriBytes;
    }

    /** Which rule a request meets. */
    public Rules<TargetGroup> rules() {
        return rules;
    }

    /** All groups, in the order of their numbers. */
    public List<TargetGroup> targetGroups() {
        return List.copyOf(targetGroups.values());
    }

    /** What operators see and may do; null for nothing. */
    public @Nullable Admin admin() {
        return admin;
    }

    /** The way to the targets. */
    public Forwarder forwarder() {
        return forwarder;
    }

    /** Ends everything at once, requests in flight included. */
    @Override
    public void close() {
        if (admin != null) {
            admin.close();
        }
        discoveries.forEach(Discovery::close);
        resolver.close();
        lookUps.shutdownNow();
        targetGroups.values().forEach(TargetGroup::close);
        if (healthChecker != null) {
            healthChecker.close();
        }
        forwarder.close();
        timer.shutdown(); // what lingers still ends
    }
}
