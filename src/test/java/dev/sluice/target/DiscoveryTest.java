package dev.sluice.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.config.AlgorithmName;
import dev.sluice.config.TargetConfiguration;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiscoveryTest {

    private static final TargetConfiguration A = new TargetConfiguration("a.example", 80, "", 1);
    private static final TargetConfiguration B = new TargetConfiguration("b.example", 81, "/v1", 1);

    private final Map<String, List<InetAddress>> names = new ConcurrentHashMap<>();
    private final TestGroups groups = new TestGroups();
    private final TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);

    @AfterEach
    void stop() {
        groups.timer.shutdownNow();
    }

    private List<InetAddress> resolve(String hostname) throws UnknownHostException {
        List<InetAddress> addresses = names.get(hostname);
        if (addresses == null) {
            throw new UnknownHostException(hostname);
        }
        return addresses;
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private void lookUp(Discovery discovery) {
        discovery.lookUps().forEach(Runnable::run);
    }

    private List<String> targets() {
        return group.targets().stream().map(Target::toString).toList();
    }

    @Test
    void everyAddressOfANameIsATarget() {
        names.put("a.example", List.of(address("2001:db8::1"), address("192.0.2.2"), address("192.0.2.1")));
        lookUp(new Discovery(group, List.of(A), this::resolve));
        assertThat(targets())
                .containsExactly(
                        "a.example:80 (192.0.2.1)", "a.example:80 (192.0.2.2)", "a.example:80 (2001:db8:0:0:0:0:0:1)");
    }

    @Test
    void targetsStandInTheOrderOfTheConfiguration() {
        names.put("a.example", List.of(address("192.0.2.9")));
        names.put("b.example", List.of(address("192.0.2.1")));
        List<Runnable> lookUps = new Discovery(group, List.of(A, B), this::resolve).lookUps();
        lookUps.get(1).run();
        lookUps.get(0).run();
        assertThat(targets()).containsExactly("a.example:80 (192.0.2.9)", "b.example:81 (192.0.2.1)");
    }

    @Test
    void anAddressThatStaysIsTheSameTarget() {
        names.put("a.example", List.of(address("192.0.2.1"), address("192.0.2.2")));
        Discovery discovery = new Discovery(group, List.of(A), this::resolve);
        lookUp(discovery);
        Target stays = group.targets().get(1);
        names.put("a.example", List.of(address("192.0.2.3"), address("192.0.2.2")));
        lookUp(discovery);
        assertThat(targets()).containsExactly("a.example:80 (192.0.2.2)", "a.example:80 (192.0.2.3)");
        assertThat(group.targets().get(0)).isSameAs(stays);
    }

    @Test
    void aFailedLookUpKeepsTheLastAddresses() {
        names.put("a.example", List.of(address("192.0.2.1")));
        Discovery discovery = new Discovery(group, List.of(A), this::resolve);
        lookUp(discovery);
        names.clear();
        lookUp(discovery);
        assertThat(targets()).containsExactly("a.example:80 (192.0.2.1)");
    }

    @Test
    void aNameThatNeverResolvedIsNoTargetUntilItDoes() {
        names.put("b.example", List.of(address("192.0.2.1")));
        Discovery discovery = new Discovery(group, List.of(A, B), this::resolve);
        lookUp(discovery);
        assertThat(targets()).containsExactly("b.example:81 (192.0.2.1)");
        names.put("a.example", List.of(address("192.0.2.7")));
        lookUp(discovery);
        assertThat(targets()).containsExactly("a.example:80 (192.0.2.7)", "b.example:81 (192.0.2.1)");
    }

    @Test
    void aGroupWithoutAnyAddressHasNoTargetToLease() {
        lookUp(new Discovery(group, List.of(A), this::resolve));
        assertThat(TestGroups.placement(group).acquire()).isNull();
        assertThat(group.isAvailable()).isFalse();
    }

    /** A resolver that throws what it should not once ended the repetition for good, without a word. */
    @Test
    void lookUpsGoOnAfterAnUnexpectedException() {
        AtomicInteger calls = new AtomicInteger();
        Discovery discovery = new Discovery(group, List.of(A), hostname -> {
            if (calls.incrementAndGet() < 3) {
                throw new IllegalStateException("not now");
            }
            return List.of(address("192.0.2.1"));
        });
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
        try {
            discovery.repeat(executor, Duration.ofMillis(1));
            await().untilAsserted(() -> assertThat(targets()).containsExactly("a.example:80 (192.0.2.1)"));
        } finally {
            executor.shutdownNow();
        }
    }
}
