package dev.sluice;

import dev.sluice.balance.Algorithms;
import dev.sluice.config.Configuration;
import dev.sluice.config.RuleConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.forward.Forwarder;
import dev.sluice.routing.Rule;
import dev.sluice.routing.Rules;
import dev.sluice.target.Discovery;
import dev.sluice.target.Resolver;
import dev.sluice.target.TargetGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.hc.core5.concurrent.DefaultThreadFactory;

/** The live object that a configuration becomes: its rules, its target groups with what DNS finds for them, and the way to them. */
public final class LoadBalancer implements AutoCloseable {

    /** The system's resolver is asked this often; it keeps an answer for up to 30 s itself. */
    private static final Duration LOOK_UP_INTERVAL = Duration.ofSeconds(10);

    /** How long the start waits for names: whatever is not found by then is found later. */
    private static final Duration FIRST_LOOK_UP = Duration.ofSeconds(5);

    private static final int MAX_LOOK_UP_THREADS = 16;

    private final Rules<TargetGroup> rules;
    private final Map<String, TargetGroup> targetGroups = new LinkedHashMap<>();
    private final List<Discovery> discoveries = new ArrayList<>();
    private final ScheduledThreadPoolExecutor lookUps;
    private final Forwarder forwarder;

    /** Does nothing yet towards targets: {@link #start} does. */
    public LoadBalancer(Configuration configuration, Resolver resolver) {
        int names = 0;
        for (TargetGroupConfiguration group : configuration.targetGroups()) {
            TargetGroup targetGroup = new TargetGroup(group.name(), Algorithms.create(group.algorithm()));
            targetGroups.put(group.name(), targetGroup);
            discoveries.add(new Discovery(targetGroup, group.targets(), resolver));
            names += group.targets().size();
        }
        this.rules = Rules.of(configuration.rules().stream().map(this::rule).toList());
        this.lookUps = new ScheduledThreadPoolExecutor(
                Math.min(names, MAX_LOOK_UP_THREADS), new DefaultThreadFactory("sluice-dns", true));
        this.forwarder = new Forwarder(configuration.connectionTimeout());
    }

    private Rule<TargetGroup> rule(RuleConfiguration rule) {
        TargetGroup group = targetGroups.get(rule.targetGroup());
        if (group == null) {
            throw new IllegalArgumentException("No target group " + rule.targetGroup());
        }
        return new Rule<>(rule.pathPrefix(), rule.pathRewrite(), group);
    }

    /** Finds the targets, and goes on finding them until closed. Waits for the first look-ups, but not for slow ones. */
    public void start() throws InterruptedException {
        List<Callable<Void>> first = new ArrayList<>();
        for (Discovery discovery : discoveries) {
            for (Runnable lookUp : discovery.lookUps()) {
                first.add(() -> {
                    lookUp.run();
                    return null;
                });
            }
        }
        lookUps.invokeAll(first, FIRST_LOOK_UP.toMillis(), TimeUnit.MILLISECONDS);
        discoveries.forEach(discovery -> discovery.repeat(lookUps, LOOK_UP_INTERVAL));
    }

    /** Which rule a request meets. */
    public Rules<TargetGroup> rules() {
        return rules;
    }

    /** All groups, in the order of their numbers. */
    public List<TargetGroup> targetGroups() {
        return List.copyOf(targetGroups.values());
    }

    /** The way to the targets. */
    public Forwarder forwarder() {
        return forwarder;
    }

    /** Ends everything at once, requests in flight included. */
    @Override
    public void close() {
        lookUps.shutdownNow();
        forwarder.close();
    }
}
