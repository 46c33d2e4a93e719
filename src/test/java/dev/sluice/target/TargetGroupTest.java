package dev.sluice.target;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.AlgorithmName;
import dev.sluice.target.Lease.Outcome;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TargetGroupTest {

    private final TestGroups groups = new TestGroups();

    @AfterEach
    void stop() {
        groups.timer.shutdownNow();
    }

    private static Lease acquire(TargetGroup group) {
        return requireNonNull(TestGroups.placement(group).acquire());
    }

    @Test
    void leasesWalkTheTargetsInTheirOrder() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        List<Target> targets = TestGroups.fill(group, 3);
        for (int request = 0; request < 6; request++) {
            assertThat(acquire(group).target()).isSameAs(targets.get(request % 3));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatWasTriedIsNotLeasedAgain(AlgorithmName algorithm) {
        TargetGroup group = groups.group(algorithm);
        TestGroups.fill(group, 5);
        Placement placement = TestGroups.placement(group);
        List<Target> tried = new ArrayList<>();
        for (Lease lease = placement.acquire(); lease != null; lease = placement.acquire()) {
            tried.add(lease.target());
            placement.exclude(lease.target());
        }
        assertThat(tried).containsExactlyInAnyOrderElementsOf(group.targets());
    }

    @ParameterizedTest
    @EnumSource
    void aTargetOfNoWeightTakesNoNewRequests(AlgorithmName algorithm) {
        TargetGroup group = groups.group(algorithm);
        Target heavy = group.newTarget(TestGroups.target(1, 3), InetAddress.getLoopbackAddress(), false);
        Target none = group.newTarget(TestGroups.target(2, 0), InetAddress.getLoopbackAddress(), false);
        group.replaceTargets(List.of(none, heavy));
        for (int i = 0; i < 20; i++) {
            assertThat(acquire(group).target()).isSameAs(heavy);
        }
        assertThat(group.targets()).containsExactly(none, heavy);
        group.replaceTargets(List.of(none));
        assertThat(group.isAvailable()).isFalse();
        assertThat(TestGroups.placement(group).acquire()).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void noTargetHasMoreRequestsThanItMay(AlgorithmName algorithm) {
        TargetGroup group = groups.group(algorithm, Duration.ZERO, 2, 0, Duration.ZERO);
        List<Target> targets = TestGroups.fill(group, 3);
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            leases.add(acquire(group));
        }
        assertThat(targets).extracting(Target::inFlight).containsOnly(2);
        assertThat(TestGroups.placement(group).acquire()).isNull();
        assertThat(group.isAvailable()).isTrue();
        leases.get(0).release(Outcome.ANSWERED);
        assertThat(acquire(group).target()).isSameAs(leases.get(0).target());
    }

    @Test
    void onlyTheFirstReleaseCounts() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        TestGroups.fill(group, 1);
        Lease first = acquire(group);
        Lease again = acquire(group);
        assertThat(first.target().inFlight()).isEqualTo(2);
        first.release(Outcome.FAILED);
        first.release(Outcome.ANSWERED);
        assertThat(first.target().inFlight()).isEqualTo(1);
        again.release(Outcome.ANSWERED);
        assertThat(first.target().inFlight()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void manyThreadsLoseAndDoubleNoLease(AlgorithmName algorithm) throws Exception {
        int max = 2;
        TargetGroup group = groups.group(algorithm, Duration.ZERO, max, 0, Duration.ZERO);
        List<Target> targets = TestGroups.fill(group, 3);
        Callable<Integer> picker = () -> {
            int leased = 0;
            for (int i = 0; i < 20_000; i++) {
                Lease lease = TestGroups.placement(group).acquire();
                if (lease != null) {
                    leased++;
                    assertThat(lease.target().inFlight()).isBetween(1, max);
                    lease.release(Outcome.ANSWERED);
                }
            }
            return leased;
        };
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            int leased = 0;
            for (Future<Integer> picked : threads.invokeAll(Collections.nCopies(8, picker))) {
                leased += picked.get();
            }
            assertThat(leased).isPositive();
        } finally {
            threads.shutdownNow();
        }
        assertThat(targets).extracting(Target::inFlight).containsOnly(0);
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatComesLaterGrowsFromATenthOfItsShare(AlgorithmName algorithm) {
        groups.random = new Random(7)::nextDouble;
        TargetGroup group = groups.group(algorithm, Duration.ofSeconds(100), Integer.MAX_VALUE, 0, Duration.ZERO);
        Target old = group.newTarget(TestGroups.target(1, 1), InetAddress.getLoopbackAddress(), false);
        Target late = group.newTarget(TestGroups.target(2, 1), InetAddress.getLoopbackAddress(), true);
        group.replaceTargets(List.of(old, late));
        assertThat(share(group, late)).isBetween(0.04, 0.1);
        groups.nanoClock.addAndGet(Duration.ofSeconds(50).toNanos());
        assertThat(share(group, late)).isBetween(0.22, 0.36);
        groups.nanoClock.addAndGet(Duration.ofSeconds(50).toNanos());
        assertThat(share(group, late)).isBetween(0.47, 0.53);
    }

    @Test
    void targetsThatAllStartSlowlyAreUsedAllTheSame() {
        groups.random = () -> 0.99;
        TargetGroup group =
                groups.group(AlgorithmName.ROUND_ROBIN, Duration.ofSeconds(100), Integer.MAX_VALUE, 0, Duration.ZERO);
        group.replaceTargets(List.of(group.newTarget(TestGroups.target(1, 1), InetAddress.getLoopbackAddress(), true)));
        assertThat(acquire(group).target()).isSameAs(group.targets().get(0));
    }

    private static double share(TargetGroup group, Target target) {
        int requests = 10_000;
        int its = 0;
        for (int i = 0; i < requests; i++) {
            Lease lease = acquire(group);
            its += lease.target() == target ? 1 : 0;
            lease.release(Outcome.ANSWERED);
        }
        return (double) its / requests;
    }
}
