package dev.sluice.target;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.Concurrently;
import dev.sluice.LogLines;
import dev.sluice.balance.Forecast;
import dev.sluice.config.AlgorithmName;
import dev.sluice.health.Health.State;
import dev.sluice.target.Lease.Outcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    /** Once, of two targets a dead one had its turn with each request, since the retry took the turn of the other. */
    @ParameterizedTest
    @CsvSource({"ROUND_ROBIN, 2", "ROUND_ROBIN, 3", "WEIGHTED, 2", "WEIGHTED, 3"})
    void aRequestThatIsTriedAgainTakesNobodysTurn(AlgorithmName algorithm, int count) {
        TargetGroup group = groups.group(algorithm);
        List<Target> targets = TestGroups.fill(group, count);
        Map<Target, Integer> leased = new HashMap<>();
        for (int request = 0; request < 12; request++) {
            Placement placement = TestGroups.placement(group);
            Target first = requireNonNull(placement.acquire()).target();
            leased.merge(first, 1, Integer::sum);
            if (first == targets.get(0)) {
                placement.exclude(first);
                leased.merge(requireNonNull(placement.acquire()).target(), 1, Integer::sum);
            }
        }
        assertThat(leased).containsEntry(targets.get(0), 12 / count);
        targets.subList(1, count).forEach(target -> assertThat(leased).containsEntry(target, 12 / (count - 1)));
    }

    @Test
    void theFlipsOfATargetThatHasLeftAreNotCounted() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        List<Target> targets = TestGroups.fill(group, 2);
        Target target = targets.get(0);
        assertThat(target.hasLeft()).isFalse();
        group.retire();
        assertThat(target.hasLeft()).isTrue();
        for (int i = 0; i < groups.ejection.consecutiveFailures(); i++) {
            target.health().requestFailed("reset", groups.nanoClock.get());
        }
        assertThat(target.health().state()).isEqualTo(State.EJECTED);
        assertThat(target.health().flips().to(State.EJECTED)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aTargetOfNoWeightTakesNoNewRequests(AlgorithmName algorithm) {
        TargetGroup group = groups.group(algorithm);
        Target heavy = TestGroups.target(group, 1, 3);
        Target none = TestGroups.target(group, 2, 0);
        group.members().replace(List.of(none, heavy));
        for (int i = 0; i < 20; i++) {
            assertThat(acquire(group).target()).isSameAs(heavy);
        }
        assertThat(group.targets()).containsExactly(none, heavy);
        group.members().replace(List.of(none));
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
        first.fail("reset");
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
        assertThat(Concurrently.run(8, picker).stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .isPositive();
        assertThat(targets).extracting(Target::inFlight).containsOnly(0);
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatComesLaterGrowsFromATenthOfItsShareUnderLoadToo(AlgorithmName algorithm) {
        groups.random = new Random(7)::nextDouble;
        TargetGroup group = groups.group(algorithm, Duration.ofHours(2), Integer.MAX_VALUE, 0, Duration.ZERO);
        List<Target> targets = new ArrayList<>(TestGroups.fill(group, 3));
        group.endStartUp();
        Target late = TestGroups.target(group, 4, 1);
        targets.add(late);
        group.members().replace(targets);
        assertThat(share(group, late, 30)).isBetween(0.01, 0.06);
        groups.nanoClock.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(share(group, late, 30)).isBetween(0.1, 0.2);
        groups.nanoClock.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(share(group, late, 30)).isBetween(0.22, 0.28);
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatComesLaterGrowsFromATenthOfItsShare(AlgorithmName algorithm) {
        groups.random = new Random(7)::nextDouble;
        TargetGroup group = groups.group(algorithm, Duration.ofHours(2), Integer.MAX_VALUE, 0, Duration.ZERO);
        Target old = TestGroups.fill(group, 1).get(0);
        group.endStartUp();
        Target late = TestGroups.target(group, 2, 1);
        group.members().replace(List.of(old, late));
        assertThat(share(group, late)).isBetween(0.04, 0.1);
        groups.nanoClock.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(share(group, late)).isBetween(0.22, 0.36);
        groups.nanoClock.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(share(group, late)).isBetween(0.47, 0.53);
    }

    @Test
    void aTargetThatStartsSlowlyIsUsedWhereThereIsNoOther() {
        groups.random = () -> 0.99;
        TargetGroup group =
                groups.group(AlgorithmName.ROUND_ROBIN, Duration.ofSeconds(100), Integer.MAX_VALUE, 0, Duration.ZERO);
        Target old = TestGroups.fill(group, 1).get(0);
        group.endStartUp();
        Target late = TestGroups.target(group, 2, 1);
        group.members().replace(List.of(old, late));
        group.members().replace(List.of(late));
        assertThat(acquire(group).target()).isSameAs(late);
    }

    /** Chance decides between it and the next of the others. */
    @Test
    void aTargetThatStartsSlowlyIsForetoldAsOneOfTwo() {
        TargetGroup group =
                groups.group(AlgorithmName.ROUND_ROBIN, Duration.ofSeconds(100), Integer.MAX_VALUE, 0, Duration.ZERO);
        List<Target> old = TestGroups.fill(group, 2);
        group.endStartUp();
        Target late = TestGroups.target(group, 3, 1);
        group.members().replace(List.of(late, old.get(0), old.get(1)));
        assertThat(mayBeNext(group)).containsExactly(late, old.get(0));
        groups.nanoClock.addAndGet(Duration.ofSeconds(60).toNanos());
        Target latest = TestGroups.target(group, 4, 1);
        group.members().replace(List.of(latest, late, old.get(0), old.get(1)));
        assertThat(mayBeNext(group)).containsExactly(latest, late, old.get(0));
    }

    private static List<Target> mayBeNext(TargetGroup group) {
        return group.prospect().forecast().standings().stream()
                .filter(Forecast.Standing::mayBeNext)
                .map(Forecast.Standing::candidate)
                .toList();
    }

    @Test
    void aTargetThatStartsSlowlyTakesAtLeastOneRequestAtATime() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN, Duration.ofSeconds(100), 1, 0, Duration.ZERO);
        Target old = TestGroups.fill(group, 1).get(0);
        group.endStartUp();
        Target late = TestGroups.target(group, 2, 1);
        group.members().replace(List.of(old, late));
        assertThat(acquire(group).target()).isSameAs(old);
        assertThat(acquire(group).target()).isSameAs(late);
        assertThat(TestGroups.placement(group).acquire()).isNull();
    }

    /** True once the lease is revoked. */
    private static AtomicBoolean revocation(Lease lease) {
        AtomicBoolean revoked = new AtomicBoolean();
        lease.whenRevoked(() -> revoked.set(true));
        return revoked;
    }

    private void fail(Target target, int times) {
        for (int i = 0; i < times; i++) {
            target.health().requestFailed("reset", groups.nanoClock.get());
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEjectedTargetGetsNoRequests(AlgorithmName algorithm) {
        TargetGroup group = groups.group(algorithm);
        List<Target> targets = TestGroups.fill(group, 3);
        fail(targets.get(1), 5);
        for (int i = 0; i < 20; i++) {
            assertThat(acquire(group).target()).isNotSameAs(targets.get(1));
        }
    }

    @Test
    void whereOnlyEjectedTargetsAreLeftTheyAreUsed() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        Target one = TestGroups.target(group, 1, 1);
        Target none = TestGroups.target(group, 2, 0);
        group.members().replace(List.of(one, none));
        fail(one, 5);
        assertThat(one.health().state()).isEqualTo(State.EJECTED);
        assertThat(acquire(group).target()).isSameAs(one);
    }

    @Test
    void aGroupThatBecomesSmallerHasNoMoreThanHalfOfItEjected() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        List<Target> targets = TestGroups.fill(group, 4);
        fail(targets.get(0), 5);
        fail(targets.get(1), 5);
        group.members().replace(targets.subList(0, 2));
        assertThat(targets.get(0).health().state()).isEqualTo(State.HEALTHY);
        assertThat(targets.get(1).health().state()).isEqualTo(State.EJECTED);
    }

    /** A request may be about to lease the target when the target is closed. */
    @Test
    void aLeaseThatComesTooLateIsRevokedAtOnce() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        Target target = TestGroups.fill(group, 1).get(0);
        target.close();
        assertThat(revocation(acquire(group))).isTrue();
    }

    /** The ejected target may have recovered: another failed attempt harms a client less than an error. */
    @Test
    void aRequestThatAllTheOthersHaveFailedGoesToAnEjectedTarget() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        List<Target> targets = TestGroups.fill(group, 4);
        fail(targets.get(0), 5);
        fail(targets.get(1), 5);
        Placement placement = TestGroups.placement(group);
        for (int target : new int[] {2, 3, 0, 1}) {
            Target next = requireNonNull(placement.acquire()).target();
            assertThat(next).isSameAs(targets.get(target));
            placement.exclude(next);
        }
        assertThat(placement.acquire()).isNull();
    }

    @Test
    void aRequestThatAHealthyTargetMayYetServeDoesNotGoToAnEjectedOne() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN, Duration.ZERO, 1, 0, Duration.ZERO);
        fail(TestGroups.fill(group, 3).get(2), 5);
        Placement placement = TestGroups.placement(group);
        placement.exclude(requireNonNull(placement.acquire()).target());
        Lease last = acquire(group);
        assertThat(placement.acquire()).isNull();
        last.release(Outcome.ANSWERED);
        assertThat(requireNonNull(placement.acquire()).target()).isSameAs(last.target());
    }

    @Test
    void aTargetOfLowerPriorityIsThereForTheFailureOfTheOthers() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        Target first = TestGroups.target(group, 1, 1, 10);
        Target second = TestGroups.target(group, 2, 1, 20);
        group.members().replace(List.of(first, second));
        assertThat(acquire(group).target()).isSameAs(first);
        assertThat(acquire(group).target()).isSameAs(first);
        fail(first, 5);
        assertThat(acquire(group).target()).isSameAs(second);
    }

    @Test
    void whereAllTheFittestHaveFailedTheNextFittestIsTriedFirst() {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        Target ejected = TestGroups.target(group, 1, 1, 0);
        Target last = TestGroups.target(group, 2, 1, 20);
        Target next = TestGroups.target(group, 3, 1, 10);
        Target first = TestGroups.target(group, 4, 1, 0);
        group.members().replace(List.of(ejected, last, next, first));
        fail(ejected, 5);
        Placement placement = TestGroups.placement(group);
        for (Target expected : List.of(first, next, last, ejected)) {
            assertThat(requireNonNull(placement.acquire()).target()).isSameAs(expected);
            placement.exclude(expected);
        }
    }

    @Test
    void aTargetThatHasLeftFinishesAndIsGone() {
        groups.deregistrationDelay = Duration.ofHours(1);
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        List<Target> targets = TestGroups.fill(group, 2);
        Lease lease = acquire(group);
        AtomicBoolean revoked = revocation(lease);
        group.members().replace(List.of(targets.get(1)));
        for (int i = 0; i < 5; i++) {
            assertThat(acquire(group).target()).isSameAs(targets.get(1));
        }
        assertThat(revoked).isFalse();
        assertThat(groups.gone).isEmpty();
        lease.release(Outcome.ANSWERED);
        assertThat(targets.get(0).inFlight()).isZero();
    }

    @Test
    void theEndOfADrainIsLogged() {
        groups.deregistrationDelay = Duration.ofMillis(1);
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        TestGroups.fill(group, 2);
        acquire(group);
        try (LogLines log = LogLines.of(Members.class)) {
            group.members().replace(List.of());
            await().untilAsserted(() -> assertThat(log.all())
                    .contains(
                            "group: 127.0.0.1:1 has drained, requests cut off: 1",
                            "group: 127.0.0.1:2 has drained, requests cut off: 0"));
        }
    }

    @Test
    void whatHasNotFinishedInTimeIsEnded() {
        groups.deregistrationDelay = Duration.ofMillis(1);
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        List<Target> targets = TestGroups.fill(group, 2);
        Lease lease = acquire(group);
        AtomicBoolean revoked = revocation(lease);
        group.members().replace(List.of(targets.get(1)));
        await().untilTrue(revoked);
        await().untilAsserted(() -> assertThat(groups.gone).containsExactly(targets.get(0)));
    }

    @Test
    void aTargetThatIsBackBeforeItHasFinishedIsTheSame() {
        groups.deregistrationDelay = Duration.ofHours(1);
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
        List<Target> targets = TestGroups.fill(group, 2);
        group.members().replace(List.of(targets.get(1)));
        Target again = TestGroups.target(group, 1, 1);
        assertThat(again).isSameAs(targets.get(0));
        group.members().replace(List.of(again, targets.get(1)));
        assertThat(acquire(group).target()).isSameAs(again);
        groups.timer.shutdown(); // no task is left that would end it
        await().until(groups.timer::isTerminated);
    }

    @Test
    void theSessionsOfATargetThatHasLeftGoOnThere() {
        groups.deregistrationDelay = Duration.ofHours(1);
        groups.stickByCookie();
        TargetGroup group = groups.group(AlgorithmName.STICKY);
        List<Target> targets = TestGroups.fill(group, 2);
        Target its = acquire(group).target();
        Placement later = TestGroups.placementAt(its, group);
        group.members().replace(targets.stream().filter(target -> target != its).toList());
        assertThat(requireNonNull(later.acquire()).target()).isSameAs(its);
        assertThat(acquire(group).target()).isNotSameAs(its);
    }

    @Test
    void aRequestThatItsSessionsTargetHasFailedGoesElsewhere() {
        groups.stickByCookie();
        TargetGroup group = groups.group(AlgorithmName.STICKY);
        TestGroups.fill(group, 2);
        Target its = acquire(group).target();
        Placement placement = TestGroups.placementAt(its, group);
        assertThat(requireNonNull(placement.acquire()).target()).isSameAs(its);
        placement.exclude(its);
        assertThat(requireNonNull(placement.acquire()).target()).isNotSameAs(its);
    }

    private double share(TargetGroup group, Target target) {
        return share(group, target, 1);
    }

    /** Of the requests, which come one millisecond after another, so many are in flight at any time. */
    private double share(TargetGroup group, Target target, int inFlight) {
        int requests = 10_000;
        int its = 0;
        Deque<Lease> leases = new ArrayDeque<>();
        for (int i = 0; i < requests; i++) {
            Lease lease = acquire(group);
            lease.requestSent();
            leases.add(lease);
            its += lease.target() == target ? 1 : 0;
            groups.nanoClock.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
            if (leases.size() == inFlight) {
                Lease oldest = leases.remove();
                oldest.responseBegun(200);
                oldest.release(Outcome.ANSWERED);
            }
        }
        leases.forEach(lease -> lease.release(Outcome.ANSWERED));
        return (double) its / requests;
    }
}
