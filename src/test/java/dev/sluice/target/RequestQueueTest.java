package dev.sluice.target;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.Concurrently;
import dev.sluice.config.AlgorithmName;
import dev.sluice.config.EjectionConfiguration;
import dev.sluice.target.Lease.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestQueueTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final TestGroups groups = new TestGroups();
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    @AfterEach
    void stop() {
        groups.timer.shutdownNow();
    }

    private TargetGroup group(int targets, int queueSize, Duration timeout) {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN, Duration.ZERO, 1, queueSize, timeout);
        TestGroups.fill(group, targets);
        return group;
    }

    private static Lease acquire(TargetGroup group) {
        return requireNonNull(TestGroups.placement(group).acquire());
    }

    /** Queues a request, which reports its name when it is notified, with a minus if it got no lease. */
    private Placement waiting(TargetGroup group, String name, List<Lease> leases) {
        return waiting(TestGroups.placement(group), name, leases);
    }

    private Placement waiting(Placement placement, String name, List<Lease> leases) {
        assertThat(placement.acquire()).isNull();
        assertThat(placement.await(lease -> {
                    if (lease != null) {
                        leases.add(lease);
                    }
                    told.add(lease == null ? "-" + name : name);
                }))
                .isTrue();
        return placement;
    }

    private String next() throws InterruptedException {
        return Optional.ofNullable(told.poll(10, TimeUnit.SECONDS)).orElse("nobody");
    }

    @Test
    void whoCameFirstIsServedFirstAndNobodyOvertakes() throws Exception {
        TargetGroup group = group(1, 3, LONG);
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        leases.add(acquire(group));
        for (String name : List.of("a", "b", "c")) {
            waiting(group, name, leases);
        }
        assertThat(group.waiting()).isEqualTo(3);
        for (String name : List.of("a", "b", "c")) {
            leases.remove(0).release(Outcome.ANSWERED);
            assertThat(next()).isEqualTo(name);
            assertThat(TestGroups.placement(group).acquire()).isNull();
        }
        leases.remove(0).release(Outcome.ANSWERED);
        assertThat(group.targets().get(0).inFlight()).isZero();
        assertThat(told).isEmpty();
    }

    @Test
    void aQueueThatIsFullTakesNobody() {
        TargetGroup group = group(1, 1, LONG);
        acquire(group);
        waiting(group, "a", new ArrayList<>());
        Placement placement = TestGroups.placement(group);
        assertThat(placement.acquire()).isNull();
        assertThat(placement.await(lease -> told.add("b"))).isFalse();
    }

    /** It used to be refused, although a target was idle. */
    @Test
    void whatThoseInAFullQueueCannotUseIsForWhoeverComes() {
        TargetGroup group = group(2, 1, LONG);
        Lease failed = acquire(group);
        acquire(group);
        Placement retry = TestGroups.placement(group);
        retry.exclude(failed.target());
        assertThat(retry.await(lease -> told.add("retry"))).isTrue();
        failed.fail("broke off");
        assertThat(acquire(group).target()).isSameAs(failed.target());
        assertThat(group.waiting()).isEqualTo(1);
    }

    @Test
    void whatOneInAFullQueueCanUseIsNotForWhoeverComes() throws Exception {
        TargetGroup group = group(1, 1, LONG);
        Lease lease = acquire(group);
        CountDownLatch came = holdTimer();
        waiting(group, "a", new ArrayList<>());
        lease.release(Outcome.ANSWERED);
        assertThat(TestGroups.placement(group).acquire()).isNull();
        came.countDown();
        assertThat(next()).isEqualTo("a");
    }

    /** It used to get the target of its own session, and the one in the queue the other. */
    @Test
    void whoComesToAFullQueueLeavesSessionsWhereTheyAre() throws Exception {
        TargetGroup group = sticky(2, 1);
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        List<Target> targets = group.targets();
        List<Lease> busy = List.of(acquireAt(targets.get(0), group), acquireAt(targets.get(1), group));
        CountDownLatch came = holdTimer();
        waiting(TestGroups.placementAt(targets.get(0), group), "first", leases);
        busy.forEach(lease -> lease.release(Outcome.ANSWERED));
        assertThat(acquireAt(targets.get(1), group).target()).isSameAs(targets.get(1));
        came.countDown();
        assertThat(next()).isEqualTo("first");
        assertThat(leases).extracting(Lease::target).containsExactly(targets.get(0));
    }

    /** It used to be refused, although the other target was idle. */
    @Test
    void whoHasFailedAtAllCandidatesIsTriedOnTheRestWhoeverWaits() {
        groups.ejection = new EjectionConfiguration(1, Duration.ofSeconds(100), false);
        TargetGroup group = group(2, 5, LONG);
        Lease ejecting = acquire(group);
        ejecting.fail("broke off");
        Placement retry = TestGroups.placement(group);
        Lease failed = requireNonNull(retry.acquire());
        CountDownLatch came = holdTimer();
        waiting(group, "other", new ArrayList<>());
        retry.exclude(failed.target());
        assertThat(requireNonNull(retry.acquire()).target()).isSameAs(ejecting.target());
        came.countDown();
    }

    @Test
    void whoComesDoesNotOvertakeAtATargetForSessionsOnly() throws Exception {
        TargetGroup group = sticky(1, 5);
        Target leaving = group.targets().get(0);
        Target staying = TestGroups.target(group, 2, 1);
        Lease lease = acquireAt(leaving, group);
        group.members().replace(List.of(staying));
        acquire(group);
        CountDownLatch came = holdTimer();
        waiting(TestGroups.placementAt(leaving, group), "first", new ArrayList<>());
        lease.release(Outcome.ANSWERED);
        assertThat(TestGroups.placementAt(leaving, group).acquire()).isNull();
        came.countDown();
        assertThat(next()).isEqualTo("first");
    }

    /** It has failed at all candidates, but the target is not one that is less fit: it takes nothing new. */
    @Test
    void aTargetForSessionsOnlyIsNotForARetryThatWaits() {
        groups.ejection = new EjectionConfiguration(1, Duration.ofSeconds(100), false);
        TargetGroup group = sticky(3, 5);
        List<Target> targets = group.targets();
        Target leaving = targets.get(2);
        group.members().replace(targets.subList(0, 2));
        Target failed = acquireAt(targets.get(0), group).target();
        Target ejected = acquireAt(targets.get(1), group).target();
        Placement retry = TestGroups.placementAt(failed, group);
        retry.exclude(failed);
        CountDownLatch came = holdTimer();
        waiting(retry, "retry", new ArrayList<>());
        ejected.health().requestFailed("broke off", groups.nanoClock.get());
        assertThat(acquireAt(leaving, group).target()).isSameAs(leaving);
        came.countDown();
    }

    /** A retry may have a target of a later priority, too, once it has failed at all others. */
    @Test
    void aSessionDoesNotOvertakeARetryAtALessFitTarget() throws Exception {
        groups.ejection = new EjectionConfiguration(1, Duration.ofSeconds(100), false);
        TargetGroup group = sticky(2, 5);
        Target later = TestGroups.target(group, 3, 1, 1);
        List<Target> targets = group.targets();
        group.members().replace(List.of(targets.get(0), targets.get(1), later));
        Target failed = acquire(group).target();
        Target ejected = acquire(group).target();
        Lease lease = acquireAt(later, group);
        Placement retry = TestGroups.placement(group);
        retry.exclude(failed);
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch came = holdTimer();
        waiting(retry, "retry", leases);
        ejected.health().requestFailed("broke off", groups.nanoClock.get());
        lease.release(Outcome.ANSWERED);
        assertThat(TestGroups.placementAt(later, group).acquire()).isNull();
        came.countDown();
        assertThat(next()).isEqualTo("retry");
        assertThat(leases).extracting(Lease::target).containsExactly(later);
    }

    @Test
    void aRetryAtALessFitTargetDoesNotWaitForThoseBeforeItThatMayNotUseThat() throws Exception {
        groups.ejection = new EjectionConfiguration(1, Duration.ofSeconds(100), false);
        TargetGroup group = group(2, 5, LONG);
        Lease ejected = acquire(group);
        Lease failed = acquire(group);
        Placement retry = TestGroups.placement(group);
        retry.exclude(failed.target());
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch joined = holdTimer();
        waiting(group, "before", leases);
        waiting(retry, "retry", leases);
        ejected.target().health().requestFailed("broke off", groups.nanoClock.get());
        ejected.release(Outcome.ANSWERED);
        joined.countDown();
        assertThat(next()).isEqualTo("retry");
        assertThat(leases).extracting(Lease::target).containsExactly(ejected.target());
    }

    /** The task of the test holds it until the latch is released. */
    private CountDownLatch holdTimer() {
        CountDownLatch released = new CountDownLatch(1);
        groups.timer.submit(() -> {
            released.await();
            return null;
        });
        return released;
    }

    private static Lease acquireAt(Target target, TargetGroup group) {
        return requireNonNull(TestGroups.placementAt(target, group).acquire());
    }

    @Test
    void aGroupWithoutAQueueLetsNobodyWait() {
        TargetGroup group = group(1, 0, LONG);
        acquire(group);
        assertThat(TestGroups.placement(group).await(lease -> told.add("a"))).isFalse();
    }

    /** A target has 10 requests, and one that starts slowly, within 10 seconds, has 1. */
    private TargetGroup fullWithASlowStarter(int queueSize) {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN, Duration.ofSeconds(10), 10, queueSize, LONG);
        Target old = TestGroups.target(group, 1, 1);
        group.members().replace(List.of(old));
        group.endStartUp();
        group.members().replace(List.of(old, TestGroups.target(group, 2, 1)));
        for (int i = 0; i < 10 + 1; i++) {
            acquire(group);
        }
        return group;
    }

    /** Slow-starting targets are better than none. */
    @Test
    void aLimitThatGrowsDoesNotHoldWhereNoOtherTargetIsLeft() {
        TargetGroup group = fullWithASlowStarter(0);
        assertThat(TestGroups.placement(group).acquire()).isNull();
        group.members().replace(group.targets().subList(1, 2));
        for (int i = 1; i < 10; i++) {
            acquire(group);
        }
        assertThat(TestGroups.placement(group).acquire()).isNull();
    }

    /** The requests at its targets may be long ones, and nobody new may come: then nothing told those who waited. */
    @Test
    void whoWaitsIsLetInAsALimitGrows() throws Exception {
        TargetGroup group = fullWithASlowStarter(1);
        waiting(group, "a", new ArrayList<>());
        groups.timer.submit(() -> {}).get(); // it has been looked for room already
        assertThat(told).isEmpty();
        groups.nanoClock.addAndGet(Duration.ofSeconds(5).toNanos());
        assertThat(next()).isEqualTo("a");
    }

    @Test
    void whoHasWaitedForTooLongIsTold() throws Exception {
        TargetGroup group = group(1, 1, Duration.ofMillis(1));
        Lease lease = acquire(group);
        waiting(group, "a", new ArrayList<>());
        assertThat(next()).isEqualTo("-a");
        assertThat(group.waiting()).isZero();
        lease.release(Outcome.ANSWERED);
        assertThat(acquire(group)).isNotNull();
    }

    @Test
    void whoLeavesIsNotTold() throws Exception {
        TargetGroup group = group(1, 2, LONG);
        Lease lease = acquire(group);
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        Placement leaving = waiting(group, "a", leases);
        waiting(group, "b", leases);
        leaving.leaveQueue();
        leaving.leaveQueue();
        lease.release(Outcome.ANSWERED);
        assertThat(next()).isEqualTo("b");
        assertThat(told).isEmpty();
    }

    /** However long they could have waited: they would stay in memory as long. */
    @Test
    void noTimeOutIsLeftOfThoseWhoWait() throws Exception {
        TargetGroup group = group(1, 2, LONG);
        Lease lease = acquire(group);
        waiting(group, "leaving", new ArrayList<>()).leaveQueue();
        waiting(group, "served", new ArrayList<>());
        lease.release(Outcome.ANSWERED);
        assertThat(next()).isEqualTo("served");
        groups.timer.shutdown();
        await().until(groups.timer::isTerminated);
    }

    /** A group with targets, and with sessions at them. */
    private TargetGroup sticky(int targets, int queueSize) {
        groups.deregistrationDelay = Duration.ofHours(1);
        groups.stickByCookie();
        TargetGroup group = groups.group(AlgorithmName.STICKY, Duration.ZERO, 1, queueSize, LONG);
        TestGroups.fill(group, targets);
        return group;
    }

    /** Nobody else may go there, so it overtakes nobody. */
    @Test
    void roomAtATargetThatHasLeftIsForItsSessionsWhoeverWaitsBeforeThem() throws Exception {
        TargetGroup group = sticky(2, 3);
        Lease leaving = acquire(group);
        Lease staying = acquire(group);
        group.members().replace(List.of(staying.target()));
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        waiting(group, "before", leases);
        waiting(TestGroups.placementAt(leaving.target(), group), "of the session", leases);
        waiting(group, "after", leases);
        leaving.release(Outcome.ANSWERED);
        assertThat(next()).isEqualTo("of the session");
        staying.release(Outcome.ANSWERED);
        assertThat(next()).isEqualTo("before");
    }

    @Test
    void whereAllTargetsHaveLeftTheirSessionsStillWaitForThem() throws Exception {
        TargetGroup group = sticky(1, 1);
        Lease leaving = acquire(group);
        group.members().replace(List.of());
        waiting(TestGroups.placementAt(leaving.target(), group), "of the session", new ArrayList<>());
        leaving.release(Outcome.ANSWERED);
        assertThat(next()).isEqualTo("of the session");
    }

    @Test
    void aTargetThatComesServesThoseWhoWait() throws Exception {
        TargetGroup group = group(1, 1, LONG);
        acquire(group);
        waiting(group, "a", new ArrayList<>());
        TestGroups.fill(group, 2);
        assertThat(next()).isEqualTo("a");
    }

    /** A request that may not go to the target with room does not hold up those behind it. */
    @Test
    void roomThatTheFirstCannotUseIsTheNextOnes() throws Exception {
        TargetGroup group = group(2, 2, LONG);
        Lease one = acquire(group);
        Lease other = acquire(group);
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        Placement picky = TestGroups.placement(group);
        picky.exclude(one.target());
        assertThat(picky.await(lease -> told.add("picky"))).isTrue();
        waiting(group, "other", leases);
        one.release(Outcome.ANSWERED);
        assertThat(next()).isEqualTo("other");
        other.release(Outcome.ANSWERED);
        assertThat(next()).isEqualTo("picky");
    }

    /**
     * They used to return to the front: with a target that refuses, each went ahead of those who had waited longer, and
     * the first waited in vain.
     */
    @Test
    void whoReturnsFromATargetThatRefusesHasItsPlace() throws Exception {
        TargetGroup group = group(2, 3, LONG);
        Lease live = acquire(group);
        Lease refusing = acquire(group);
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        List<Placement> placements = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            placements.add(waiting(group, name, leases));
        }
        refusing.fail("refused");
        for (Placement placement : placements) {
            next();
            placement.exclude(refusing.target());
            leases.remove(0).fail("refused");
            assertThat(placement.await(lease -> {
                        leases.add(requireNonNull(lease));
                        told.add("again " + placements.indexOf(placement));
                    }))
                    .isTrue();
        }
        live.release(Outcome.ANSWERED);
        for (String name : List.of("again 0", "again 1", "again 2")) {
            assertThat(next()).isEqualTo(name);
            leases.remove(0).release(Outcome.ANSWERED);
        }
    }

    /** Others may have taken the room in the queue while it was at the target that refused. */
    @Test
    void whoReturnsHasItsPlaceInAFullQueueToo() throws Exception {
        TargetGroup group = group(2, 1, LONG);
        Lease live = acquire(group);
        Lease refusing = acquire(group);
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        Placement first = waiting(group, "first", leases);
        refusing.fail("refused");
        assertThat(next()).isEqualTo("first");
        waiting(group, "second", leases);
        first.exclude(refusing.target());
        assertThat(first.await(lease -> told.add("first again"))).isTrue();
        live.release(Outcome.ANSWERED);
        assertThat(next()).isEqualTo("first again");
        leases.remove(0).fail("refused");
        assertThat(next()).isEqualTo("second");
    }

    /** It used to be given whatever had room, since it had waited before. */
    @Test
    void whoReturnsDoesNotOvertakeThoseWhoHaveWaitedLonger() throws Exception {
        TargetGroup group = group(3, 2, LONG);
        Lease one = acquire(group);
        Lease other = acquire(group);
        Lease refusing = acquire(group);
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        Placement first = TestGroups.placement(group);
        first.exclude(refusing.target());
        assertThat(first.await(lease -> told.add("first"))).isTrue();
        Placement second = waiting(group, "second", leases);
        refusing.fail("refused");
        assertThat(next()).isEqualTo("second");
        second.exclude(refusing.target());
        leases.remove(0).fail("refused");
        CountDownLatch came = holdTimer();
        one.release(Outcome.ANSWERED);
        assertThat(second.acquire()).isNull();
        other.release(Outcome.ANSWERED);
        assertThat(second.acquire()).isNotNull();
        came.countDown();
        assertThat(next()).isEqualTo("first");
    }

    /** Room that was made after the first had been looked at, and before the second was, used to be the second's. */
    @Test
    void roomThatIsMadeWhileTheTimerLooksIsForTheFirst() throws Exception {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN, Duration.ofSeconds(1), 1, 2, LONG);
        TestGroups.fill(group, 2);
        Lease live = acquire(group);
        Lease refusing = acquire(group);
        CountDownLatch joined = holdTimer();
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        waiting(excluding(group, refusing), "first", leases);
        waiting(group, "second", leases);
        releaseAtSecondPick(live);
        joined.countDown();
        assertThat(next()).isEqualTo("first");
        leases.remove(0).release(Outcome.ANSWERED);
        assertThat(next()).isEqualTo("second");
    }

    @Test
    void roomThatIsMadeMeanwhileAtATargetThatIsLessFitIsForTheFirst() throws Exception {
        groups.ejection = new EjectionConfiguration(1, Duration.ofSeconds(100), false);
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN, Duration.ofSeconds(1), 1, 2, LONG);
        TestGroups.fill(group, 3);
        Lease ejected = acquire(group);
        Lease refusing = acquire(group);
        Lease silent = acquire(group);
        CountDownLatch joined = holdTimer();
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        waiting(excluding(group, refusing, silent), "first", leases);
        waiting(excluding(group, silent, refusing), "second", leases);
        ejected.target().health().requestFailed("broke off", groups.nanoClock.get());
        releaseAtSecondPick(ejected);
        joined.countDown();
        assertThat(next()).isEqualTo("first");
    }

    private static Placement excluding(TargetGroup group, Lease... failed) {
        Placement placement = TestGroups.placement(group);
        for (Lease lease : failed) {
            placement.exclude(lease.target());
        }
        return placement;
    }

    private void releaseAtSecondPick(Lease lease) {
        AtomicInteger picks = new AtomicInteger();
        groups.random = () -> {
            if (picks.incrementAndGet() == 2) {
                lease.release(Outcome.ANSWERED);
            }
            return 0.5;
        };
    }

    @Test
    void nobodyWaitsForATargetThatIsNotThere() {
        TargetGroup group = group(1, 1, LONG);
        Lease lease = acquire(group);
        Placement placement = TestGroups.placement(group);
        placement.exclude(lease.target());
        assertThat(placement.await(granted -> told.add("a"))).isFalse();
    }

    /** Each used to have the timer look for itself, through the whole queue of those who have failed at a target. */
    @Test
    void howeverManyAskTheTimerLooksForRoomOnce() throws Exception {
        TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN, Duration.ofSeconds(1), 1, 100, LONG);
        TestGroups.fill(group, 2);
        Lease lease = acquire(group);
        Lease refusing = acquire(group);
        AtomicInteger picks = new AtomicInteger();
        CountDownLatch joined = holdTimer();
        List<Lease> leases = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 100; i++) {
            waiting(excluding(group, refusing), "a", leases);
        }
        lease.release(Outcome.ANSWERED);
        groups.random = () -> {
            picks.incrementAndGet();
            return 0.5;
        };
        joined.countDown();
        groups.timer.submit(() -> {}).get();
        assertThat(leases).hasSize(1);
        assertThat(picks).as("one for the room, and one for those left").hasValue(2);
    }

    @Test
    void closingRefusesAllWhoWaitAndWhoeverComes() throws Exception {
        TargetGroup group = group(1, 2, LONG);
        acquire(group);
        waiting(group, "a", new ArrayList<>());
        group.close();
        assertThat(next()).isEqualTo("-a");
        assertThat(TestGroups.placement(group).await(lease -> told.add("b"))).isFalse();
    }

    /**
     * Otherwise room that is made between the refusal and the start of the wait would go unused, and the request would
     * wait for ever.
     */
    @Test
    void noLeaseIsLostHoweverManyComeAndGoAtOnce() throws Exception {
        TargetGroup group = group(3, 1_000, LONG);
        AtomicInteger served = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        int requests = 2_000;
        Callable<Void> client = () -> {
            for (int i = 0; i < requests; i++) {
                Placement placement = TestGroups.placement(group);
                Lease lease = placement.acquire();
                if (lease == null) {
                    assertThat(placement.await(granted -> serve(requireNonNull(granted), served, most)))
                            .isTrue();
                } else {
                    serve(lease, served, most);
                }
                while (group.waiting() > 900) {
                    Thread.onSpinWait();
                }
            }
            return null;
        };
        Concurrently.run(8, client);
        await().untilAsserted(() -> assertThat(served).hasValue(8 * requests));
        assertThat(group.targets()).extracting(Target::inFlight).containsOnly(0);
        assertThat(most).hasValue(1);
    }

    private static void serve(Lease lease, AtomicInteger served, AtomicInteger most) {
        most.accumulateAndGet(lease.target().inFlight(), Math::max);
        served.incrementAndGet();
        lease.release(Outcome.ANSWERED);
    }
}
