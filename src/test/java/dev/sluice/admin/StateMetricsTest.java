package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.balance.Algorithms;
import dev.sluice.config.Configuration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.dns.DnsResolver;
import dev.sluice.observe.Reloads;
import dev.sluice.routing.Rule;
import dev.sluice.routing.Rules;
import dev.sluice.target.ConnectionCount;
import dev.sluice.target.Lease;
import dev.sluice.target.TakenOut;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StateMetricsTest {

    private static final Labels TARGET = Labels.of("group", "web", "target", "127.0.0.1:1");

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final Configuration configuration = configured("HTTP");
    private final DnsResolver resolver = new DnsResolver(configuration.dns(), Runnable::run, timer);
    private final List<Target> gone = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        resolver.close();
        timer.shutdownNow();
    }

    private static Configuration configured(String protocol) {
        return Configuration.load(
                Map.of(
                        "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET", "1",
                        "TARGET_GROUP_1_QUEUE_SIZE", "1",
                        "DEREGISTRATION_DELAY_SECONDS", "0",
                        "EJECTION_CONSECUTIVE_FAILURES", "1",
                        "TARGET_GROUP_1_NAME", "web",
                        "TARGET_GROUP_1_PROTOCOL", protocol,
                        "TARGET_GROUP_1_TARGETS", "127.0.0.1:1,127.0.0.1:2",
                        "LISTENER_RULE_1_PATH_PREFIX", "/",
                        "LISTENER_RULE_1_TARGET_GROUP", "web"),
                Map.of());
    }

    private static TargetGroupConfiguration group(Configuration configuration) {
        return configuration.targetGroups().get(0);
    }

    /** Leases each of the two targets once; the lease of the first fails. */
    private static void use(TargetGroup group) {
        for (int i = 0; i < 2; i++) {
            Lease lease = Objects.requireNonNull(
                    group.place(Collections::emptyEnumeration).acquire());
            if (lease.target().name().equals("127.0.0.1:1")) {
                lease.fail("for a test");
            }
        }
    }

    private static StateMetrics metrics(List<TargetGroup> all, List<TargetGroup> needed) {
        return metrics(all, needed, List.of());
    }

    private static StateMetrics metrics(List<TargetGroup> all, List<TargetGroup> needed, List<TargetGroup> leaving) {
        Rules<TargetGroup> rules = Rules.of(
                needed.stream().map(group -> new Rule<>("/", "", group)).toList());
        return new StateMetrics(
                new StatusSource(new Lifetime(), new Reloads(Instant::now), rules, all, () -> leaving),
                target -> new ConnectionCount(target.transport().isTls() ? 1 : 2, 4, 0));
    }

    private TargetGroup newGroup() {
        return newGroup(group(configuration));
    }

    private TargetGroup newGroup(TargetGroupConfiguration configured) {
        return new TargetGroup(
                configured,
                Algorithms.create(configured.algorithm()),
                null,
                null,
                resolver,
                new TakenOut(),
                gone::add,
                timer);
    }

    private static double value(TargetGroup group, String counter, Labels labels) {
        StateMetrics metrics = metrics(List.of(group), List.of(group));
        return metrics.snapshots().stream()
                .filter(family -> family.getMetadata().getName().equals(counter))
                .flatMap(family -> ((CounterSnapshot) family).getDataPoints().stream())
                .filter(point -> point.getLabels().equals(labels))
                .mapToDouble(CounterSnapshot.CounterDataPointSnapshot::getValue)
                .sum();
    }

    /**
     * A target that is reached by another protocol is another target with the same name. If the count became less than
     * before, Prometheus would take that for a restart, and count everything again.
     */
    @Test
    void whatIsCountedOfANameStaysWhenOneOfItsTargetsGoes() throws Exception {
        TargetGroup before = newGroup();
        before.start().get();
        use(before);

        TargetGroup after = before.succeededBy(group(configured("HTTPS")), null, null, resolver);
        after.start().get();
        timer.submit(after::takeOver).get();
        use(after);
        await().until(() -> after.allTargets().size() == 2);
        await().until(() -> gone.size() == 2);

        assertThat(value(after, "sluice_target_attempts", TARGET)).isEqualTo(2);
        assertThat(value(after, "sluice_ejections", TARGET)).isEqualTo(2);
        assertThat(value(after, "sluice_health_flips", TARGET.add("state", "ejected")))
                .isEqualTo(2);
    }

    /** One of the same name may be configured again. */
    @Test
    void aGroupThatIsNoLongerConfiguredCountsUntilItsTargetsHaveDrained() throws Exception {
        TargetGroup left = newGroup();
        left.start().get();
        use(left);
        TargetGroup again = newGroup();
        again.start().get();

        assertThat(gauges(metrics(List.of(), List.of(), List.of(left)), "sluice_requests_in_flight"))
                .containsExactlyInAnyOrder(0.0, 1.0);
        assertThat(gauges(metrics(List.of(again), List.of(again), List.of(left)), "sluice_requests_in_flight"))
                .containsExactlyInAnyOrder(0.0, 1.0);
    }

    @Test
    void aGroupThatIsNoLongerConfiguredHasAQueueUntilItsTargetsHaveDrained() throws Exception {
        TargetGroup left = newGroup();
        left.start().get();
        for (int i = 0; i < 2; i++) {
            left.place(Collections::emptyEnumeration).acquire();
        }
        assertThat(left.place(Collections::emptyEnumeration).await(lease -> {})).isTrue();
        TargetGroup again = newGroup();

        assertThat(gauges(metrics(List.of(), List.of(), List.of(left)), "sluice_queue_length"))
                .containsExactly(1.0);
        assertThat(gauges(metrics(List.of(again), List.of(), List.of(left)), "sluice_queue_length"))
                .containsExactly(1.0);
    }

    /** Targets with the same transport share their connections. */
    @Test
    void connectionsAreThoseOfAllTransports() throws Exception {
        List<TargetGroup> groups = new ArrayList<>();
        for (String protocol : List.of("HTTPS", "HTTP", "HTTP")) {
            TargetGroup group = newGroup(group(configured(protocol)));
            group.start().get();
            groups.add(group);
        }
        StateMetrics metrics = metrics(groups.subList(0, 1), List.of(), groups.subList(1, 3));
        assertThat(gauges(metrics, "sluice_connections")).containsExactlyInAnyOrder(3.0, 8.0, 0.0, 3.0, 8.0, 0.0);
    }

    @Test
    void aGroupThatNoRuleForwardsToIsNotUnavailable() {
        TargetGroup group = newGroup();
        assertThat(gauges(metrics(List.of(group), List.of(group)), "sluice_group_available"))
                .containsExactly(0.0);
        StateMetrics unused = metrics(List.of(group), List.of());
        assertThat(gauges(unused, "sluice_group_available")).isEmpty();
        assertThat(gauges(unused, "sluice_queue_length")).containsExactly(0.0);
    }

    private static List<Double> gauges(StateMetrics metrics, String name) {
        return metrics.snapshots().stream()
                .filter(family -> family.getMetadata().getName().equals(name))
                .flatMap(family -> ((GaugeSnapshot) family).getDataPoints().stream())
                .map(GaugeSnapshot.GaugeDataPointSnapshot::getValue)
                .toList();
    }
}
