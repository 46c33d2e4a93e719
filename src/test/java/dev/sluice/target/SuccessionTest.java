package dev.sluice.target;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.sluice.balance.ApplicationCookie;
import dev.sluice.balance.LoadBalancerCookie;
import dev.sluice.balance.Stickiness;
import dev.sluice.config.Configuration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.health.Health.State;
import dev.sluice.target.Lease.Outcome;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A group that succeeds another, as when one configuration replaces another. */
class SuccessionTest {

    private static final String LIMIT = "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET";
    private static final String QUEUE = "TARGET_GROUP_1_QUEUE_SIZE";

    private final TestGroups groups = new TestGroups();

    @AfterEach
    void stop() {
        groups.timer.shutdownNow();
    }

    private static TargetGroupConfiguration configured(String... variables) {
        Map<String, String> all = new HashMap<>(Map.of(
                "TARGET_GROUP_1_NAME", "group",
                "TARGET_GROUP_1_TARGETS", "127.0.0.1:1",
                "LISTENER_RULE_1_PATH_PREFIX", "/",
                "LISTENER_RULE_1_TARGET_GROUP", "group"));
        for (int i = 0; i < variables.length; i += 2) {
            all.put(variables[i], variables[i + 1]);
        }
        return Configuration.load(all, Map.of()).targetGroups().get(0);
    }

    private TargetGroup group(String... variables) {
        return groups.group(configured(variables));
    }

    private TargetGroup successor(TargetGroup before, String... variables) {
        return before.succeededBy(configured(variables), null, null, groups.resolver);
    }

    /** The targets 127.0.0.1 at these ports, which the group has already or makes. */
    private static List<Target> at(TargetGroup group, int... ports) {
        return IntStream.of(ports)
                .mapToObj(port -> TestGroups.target(group, port, 1))
                .toList();
    }

    private void onTimer(Runnable task) throws Exception {
        try {
            groups.timer.submit(task).get();
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    private <T> T onTimer(Callable<T> task) throws Exception {
        return groups.timer.submit(task).get();
    }

    private List<Target> has(TargetGroup group, int... ports) throws Exception {
        return onTimer(() -> {
            List<Target> targets = at(group, ports);
            group.members().replace(targets);
            return targets;
        });
    }

    /** Lets the new group find these targets, and take over. */
    private void takeOver(TargetGroup group, int... ports) throws Exception {
        groups.found = IntStream.of(ports)
                .mapToObj(port -> TestGroups.endpoint(port, 1, 0))
                .toList();
        group.start().get(10, TimeUnit.SECONDS);
        onTimer(group::takeOver);
    }

    private static Lease acquire(TargetGroup group) {
        return requireNonNull(TestGroups.placement(group).acquire());
    }

    /** It used to be told that no target had room. */
    @Test
    void whoWaitsLearnsWhyTheGroupInChargeHasNoTarget() throws Exception {
        TargetGroup before = group();
        has(before, 1);
        Placement waiting = TestGroups.placement(before);
        TargetGroup after = successor(before, "RETRY_ATTEMPTS", "1");
        takeOver(after, 1);
        assertThat(waiting.unavailability()).isNull();
        after.takeOut(after.targets().get(0), "10.1.2.3");
        assertThat(waiting.unavailability()).isEqualTo("no target is available: the only one is DRAINING");
    }

    @Test
    void targetsThatStayAreTheSameWithAllThatIsInFlight() throws Exception {
        TargetGroup before = group();
        List<Target> targets = has(before, 1, 2);
        Lease lease = acquire(before);
        TargetGroup after = successor(before, "RETRY_ATTEMPTS", "1");
        takeOver(after, 1, 3);
        assertThat(after.targets()).hasSize(2).startsWith(targets.get(0)).doesNotContain(targets.get(1));
        assertThat(after.targets().get(0).inFlight()).isEqualTo(1);
        lease.release(Outcome.ANSWERED);
        assertThat(after.targets().get(0).inFlight()).isZero();
    }

    @Test
    void turnsGoOnWhereTheyWere() throws Exception {
        TargetGroup before = group();
        has(before, 1, 2, 3);
        acquire(before);
        TargetGroup after = successor(before, "RETRY_ATTEMPTS", "1");
        takeOver(after, 1, 2, 3);
        assertThat(acquire(after).target()).isSameAs(after.targets().get(1));
    }

    @Test
    void nothingChangesBeforeItTakesOver() throws Exception {
        TargetGroup before = group();
        List<Target> targets = has(before, 1, 2);
        TargetGroup after = successor(before, "DEREGISTRATION_DELAY_SECONDS", "0");
        has(after, 1, 3);
        has(after, 3);
        onTimer(() -> {}); // by now, whatever it would have ended has ended
        has(after, 1, 3);
        assertThat(before.targets()).isEqualTo(targets);
        after.close();
        for (Target target : targets) {
            assertThat(target.isGone()).isFalse();
            assertThat(acquire(before).target()).isSameAs(target);
            target.health().requestFailed("so that it can still be ejected", groups.nanoClock.get());
        }
        assertThat(groups.gone).isEmpty();
        for (int i = 0; i < 5; i++) {
            targets.get(0).health().requestFailed("down", groups.nanoClock.get());
        }
        assertThat(targets.get(0).health().state()).isEqualTo(State.EJECTED);
        assertThat(acquire(before).target()).isSameAs(targets.get(1));
    }

    @Test
    void aTargetThatIsGoneFinishesWhatItHas() throws Exception {
        TargetGroup before = group();
        List<Target> targets = has(before, 1, 2);
        Lease lease = acquire(before);
        CompletableFuture<Void> revoked = new CompletableFuture<>();
        lease.whenRevoked(() -> revoked.complete(null));
        TargetGroup after = successor(before, "DEREGISTRATION_DELAY_SECONDS", "3600");
        takeOver(after, 2);
        assertThat(revoked).isNotDone();
        assertThat(targets.get(0).isGone()).isFalse();
        TargetGroup last = successor(after, "DEREGISTRATION_DELAY_SECONDS", "0");
        takeOver(last, 3);
        await().until(() -> targets.get(1).isGone());
        assertThat(targets.get(0).isGone())
                .as("what drains already has the time that it was given")
                .isFalse();
        assertThat(groups.gone).containsExactly(targets.get(1));
    }

    @Test
    void aTargetThatIsBackIsTheSame() throws Exception {
        TargetGroup first = group();
        Target target = has(first, 1, 2).get(0);
        TargetGroup second = successor(first, "RETRY_ATTEMPTS", "1");
        takeOver(second, 2);
        TargetGroup third = successor(second, "RETRY_ATTEMPTS", "2");
        takeOver(third, 1, 2);
        assertThat(third.targets().get(0)).isSameAs(target);
        assertThat(third.isDrained()).isTrue();
    }

    @Test
    void aTargetThatWentWhileTheNewGroupBeganIsMadeAnew() throws Exception {
        TargetGroup before = group("DEREGISTRATION_DELAY_SECONDS", "0");
        Target gone = has(before, 1, 2).get(0);
        TargetGroup after = successor(before, "RETRY_ATTEMPTS", "1");
        assertThat(has(after, 1, 2)).contains(gone);
        has(before, 2);
        await().until(gone::isGone);
        takeOver(after, 1, 2);
        assertThat(after.targets()).hasSize(2).doesNotContain(gone);
    }

    /** Each has asked DNS, and has made a target for the new address. */
    @Test
    void aTargetThatBothHaveFoundWhileTheNewGroupBeganIsOne() throws Exception {
        TargetGroup before = group();
        has(before, 1);
        TargetGroup after = successor(before, "RETRY_ATTEMPTS", "1");
        has(after, 1, 2);
        Target target = has(before, 1, 2).get(1);
        takeOver(after, 1, 2);
        assertThat(after.allTargets()).hasSize(2).contains(target);
    }

    /** Otherwise nobody would end its health checks. */
    @Test
    void aTargetThatIsFoundWhileTheGroupIsClosedIsNotItsOwn() throws Exception {
        TargetGroup before = group();
        TargetGroup after = successor(before, "RETRY_ATTEMPTS", "1");
        Thread closing = new Thread(after::close);
        onTimer(() -> {
            synchronized (before.members()) {
                closing.start();
                await().until(() -> closing.getState() == Thread.State.BLOCKED); // on the other group's monitor
                after.members().replace(at(after, 1));
            }
        });
        closing.join();
        assertThat(after.targets()).isEmpty();
    }

    @Test
    void requestsThatBeganBeforeFinishWithWhatTheyBeganWith() throws Exception {
        TargetGroup before = group();
        List<Target> targets = has(before, 1, 2);
        Placement placement = TestGroups.placement(before);
        placement.exclude(requireNonNull(placement.acquire()).target());
        takeOver(successor(before, "RETRY_ATTEMPTS", "1"), 3);
        assertThat(requireNonNull(placement.acquire()).target()).isSameAs(targets.get(1));
    }

    /** With the id of a group that is not sticky, a cookie would tell its name and address. */
    @Test
    void aTargetThatStaysHasTheIdOfTheNewGroup() throws Exception {
        TargetGroup before = group();
        Target target = has(before, 1).get(0);
        Stickiness own = ownCookie("secret");
        takeOver(before.succeededBy(configured("RETRY_ATTEMPTS", "1"), own, null, groups.resolver), 1);
        assertThat(target.id()).isEqualTo(own.idOf(target.key()));
    }

    @Test
    void aTargetThatIsGoneFromItsGroupIsDraining() throws Exception {
        TargetGroup group = group();
        Target target = has(group, 1, 2).get(0);
        onTimer(() -> group.members().replace(at(group, 2)));
        assertThat(target.state().name()).isEqualTo(TargetState.Name.DRAINING);
    }

    /** It used to be moved to another target for good. */
    @Test
    void aSessionStaysAtItsDrainingTargetWhileAnotherGroupTakesOver() throws Exception {
        groups.stickByCookie();
        TargetGroup before = group("DEREGISTRATION_DELAY_SECONDS", "3600");
        List<Target> targets = has(before, 1, 2);
        has(before, 2);
        takeOver(before.succeededBy(configured("RETRY_ATTEMPTS", "1"), before.stickiness(), null, groups.resolver), 2);
        Placement placement = TestGroups.placementAt(targets.get(0), before);
        assertThat(requireNonNull(placement.acquire()).target()).isSameAs(targets.get(0));
        targets.get(0).close();
        assertThat(requireNonNull(placement.acquire()).target()).isSameAs(targets.get(1));
        assertThat(before.members().snapshot().leaving()).isEmpty();
    }

    /** It used to be refused, unless it could have waited: then it got one of the new targets. */
    @Test
    void aRequestWhoseTargetsHaveAllLeftGetsANewOne() throws Exception {
        TargetGroup before = group();
        has(before, 1);
        Placement placement = TestGroups.placement(before);
        placement.exclude(requireNonNull(placement.acquire()).target());
        TargetGroup after = successor(before, "RETRY_ATTEMPTS", "1");
        takeOver(after, 2);
        assertThat(requireNonNull(placement.acquire()).target())
                .isSameAs(after.targets().get(0));
    }

    /**
     * The cookie used to get the target's id in the new group: if that was not opaque, the target's name and address.
     */
    @ParameterizedTest
    @MethodSource("kindsOfStickiness")
    void requestsThatBeganBeforeCallTargetsByTheIdsThatTheirSessionsKnow(@Nullable Stickiness next) throws Exception {
        Stickiness own = ownCookie("secret");
        groups.stickiness = own;
        TargetGroup before = group();
        Target target = has(before, 1).get(0);
        Placement placement = TestGroups.placement(before);
        takeOver(before.succeededBy(configured("RETRY_ATTEMPTS", "1"), next, null, groups.resolver), 1);
        String cookie = requireNonNull(placement.answeredBy(target, List.of(), false));
        String pair = cookie.substring(0, cookie.indexOf(';'));
        assertThat(own.session(Collections.enumeration(List.of(pair))).targetId())
                .isEqualTo(own.idOf(target.key()));
    }

    static Stream<@Nullable Stickiness> kindsOfStickiness() {
        return Stream.of(
                null,
                new ApplicationCookie("session", Duration.ofHours(1), InstantSource.system()),
                ownCookie("another secret"));
    }

    private static Stickiness ownCookie(String secret) {
        return new LoadBalancerCookie(
                "sticky", "group", secret.getBytes(UTF_8), Duration.ofHours(1), InstantSource.system());
    }

    @Test
    void requestsThatBeganBeforeGoToNoTargetThatIsNotWellAnyMore() throws Exception {
        TargetGroup before = group();
        List<Target> targets = has(before, 1, 2);
        Placement placement = TestGroups.placement(before);
        takeOver(successor(before, "EJECTION_CONSECUTIVE_FAILURES", "2"), 1, 2);
        for (int i = 0; i < 2; i++) {
            targets.get(0).health().requestFailed("down", groups.nanoClock.get());
        }
        assertThat(targets.get(0).health().state()).as("the new limit counts").isEqualTo(State.EJECTED);
        assertThat(requireNonNull(placement.acquire()).target()).isSameAs(targets.get(1));
    }

    @Test
    void healthGoesOnAndIsTheNewGroupsBusiness() throws Exception {
        TargetGroup before = group();
        List<Target> targets = has(before, 1, 2);
        for (int i = 0; i < 5; i++) {
            targets.get(0).health().requestFailed("down", groups.nanoClock.get());
        }
        TargetGroup after = successor(before, "RETRY_ATTEMPTS", "1");
        takeOver(after, 1, 2, 3);
        assertThat(targets.get(0).health().state()).isEqualTo(State.EJECTED);
        for (int i = 0; i < 4; i++) {
            assertThat(acquire(after).target()).isNotSameAs(targets.get(0));
        }
        targets.get(0).health().endEjection();
        assertThat(List.of(acquire(after), acquire(after), acquire(after)))
                .extracting(Lease::target)
                .contains(targets.get(0));
    }

    @Test
    void anotherWayToSpeakMakesAnotherTarget() throws Exception {
        TargetGroup before = group();
        Target plain = has(before, 1).get(0);
        TargetGroup after = successor(before, "TARGET_GROUP_1_PROTOCOL", "HTTPS");
        takeOver(after, 1);
        assertThat(after.targets()).hasSize(1).doesNotContain(plain);
        assertThat(after.targets().get(0).transport().isTls()).isTrue();
    }

    /** A group with one target, which has room for one request. */
    private TargetGroup withRoomForOne() throws Exception {
        TargetGroup group = group(LIMIT, "1", QUEUE, "5", "DEREGISTRATION_DELAY_SECONDS", "0");
        has(group, 1);
        return group;
    }

    private static CompletableFuture<@Nullable Lease> waiting(TargetGroup group) {
        CompletableFuture<@Nullable Lease> waiting = new CompletableFuture<>();
        assertThat(TestGroups.placement(group).await(waiting::complete)).isTrue();
        return waiting;
    }

    private static Target target(CompletableFuture<@Nullable Lease> waiting) throws Exception {
        return requireNonNull(waiting.get(10, TimeUnit.SECONDS)).target();
    }

    /** Whoever took it out may have stopped it, however it would be spoken to now. */
    @Test
    void whatIsOutStaysOutUnderAnotherTransport() throws Exception {
        TargetGroup before = group();
        Target target = has(before, 1, 2).get(0);
        before.takeOut(target, "10.1.2.3");
        TargetGroup after = successor(before, "TARGET_GROUP_1_PROTOCOL", "HTTPS");
        takeOver(after, 1, 2);
        Target other = after.targets().get(0);
        assertThat(other).isNotSameAs(target);
        assertThat(other.isOut()).isTrue();
        assertThat(List.of(acquire(after).target(), acquire(after).target()))
                .containsOnly(after.targets().get(1));
        after.putBack(other, "10.1.2.3");
        assertThat(other.isOut()).isFalse();
        assertThat(target.isOut()).isFalse();
    }

    @Test
    void aRequestThatWaitsIsServedByWhatTheNewGroupGivesBack() throws Exception {
        TargetGroup before = withRoomForOne();
        acquire(before);
        CompletableFuture<@Nullable Lease> waiting = waiting(before);
        TargetGroup after = successor(before, LIMIT, "1");
        takeOver(after, 1);
        assertThat(after.waiting()).isEqualTo(1);
        assertThat(waiting).isNotDone();
        TargetGroup last = successor(after, LIMIT, "1", QUEUE, "1");
        takeOver(last, 1, 2);
        assertThat(target(waiting)).isSameAs(last.targets().get(1));
    }

    /** Otherwise later requests would take the room, one after another, until this one is refused. */
    @Test
    void aRequestThatWaitsHasTheRoomThatAHigherLimitMakes() throws Exception {
        TargetGroup before = withRoomForOne();
        acquire(before);
        CompletableFuture<@Nullable Lease> waiting = waiting(before);
        TargetGroup after = successor(before, LIMIT, "2");
        takeOver(after, 1);
        assertThat(target(waiting)).isSameAs(after.targets().get(0));
        assertThat(TestGroups.placement(after).acquire()).isNull();
    }

    @Test
    void aRequestThatWaitsKeepsToALowerLimit() throws Exception {
        TargetGroup before = group(LIMIT, "2", QUEUE, "5");
        has(before, 1);
        Lease first = acquire(before);
        Lease second = acquire(before);
        CompletableFuture<@Nullable Lease> waiting = waiting(before);
        takeOver(successor(before, LIMIT, "1", QUEUE, "5"), 1);
        first.release(Outcome.ANSWERED);
        onTimer(() -> {});
        assertThat(waiting).isNotDone();
        second.release(Outcome.ANSWERED);
        assertThat(target(waiting)).isSameAs(before.targets().get(0));
    }

    @Test
    void aGroupThatHasNoQueueAnyMoreServesThoseWhoWaitFirst() throws Exception {
        TargetGroup before = withRoomForOne();
        Lease lease = acquire(before);
        CompletableFuture<@Nullable Lease> waiting = waiting(before);
        TargetGroup after = successor(before, LIMIT, "1");
        takeOver(after, 1);
        Lease newcomers = onTimer(() -> {
            lease.release(Outcome.ANSWERED);
            return TestGroups.placement(after).acquire();
        });
        assertThat(newcomers).isNull();
        assertThat(target(waiting)).isSameAs(after.targets().get(0));
    }

    @Test
    void aRequestThatWaitsGoesToTheTargetsThatReplaceTheOthers() throws Exception {
        TargetGroup before = withRoomForOne();
        acquire(before);
        CompletableFuture<@Nullable Lease> waiting = waiting(before);
        TargetGroup after = successor(before, LIMIT, "1", QUEUE, "5");
        takeOver(after, 2);
        assertThat(target(waiting)).isSameAs(after.targets().get(0));
    }

    /** For example a request whose target could not be connected to, and which is to be tried again. */
    @Test
    void aRequestThatBeganBeforeMayWaitForTheTargetsThatReplaceTheOthers() throws Exception {
        TargetGroup before = withRoomForOne();
        Placement placement = TestGroups.placement(before);
        placement.exclude(requireNonNull(placement.acquire()).target());
        TargetGroup after = successor(before, LIMIT, "1", QUEUE, "5");
        takeOver(after, 2);
        Lease other = acquire(after);
        assertThat(placement.acquire()).isNull();
        CompletableFuture<@Nullable Lease> waiting = new CompletableFuture<>();
        assertThat(placement.await(waiting::complete)).isTrue();
        other.release(Outcome.ANSWERED);
        assertThat(target(waiting)).isSameAs(after.targets().get(0));
    }

    /** For example, HTTP/2 has no message for an upgrade that the request asks for. */
    @Test
    void aRequestThatWaitsDoesNotGoToTargetsThatSpeakAnotherVersionOfHttp() throws Exception {
        TargetGroup before = group(LIMIT, "1", QUEUE, "5", "DEREGISTRATION_DELAY_SECONDS", "3600");
        Target target = has(before, 1).get(0);
        Lease first = acquire(before);
        CompletableFuture<@Nullable Lease> waiting = waiting(before);
        takeOver(successor(before, "TARGET_GROUP_1_PROTOCOL_VERSION", "HTTP2"), 1);
        assertThat(waiting).isNotDone();
        first.release(Outcome.ANSWERED);
        assertThat(target(waiting)).isSameAs(target);
    }

    /** Its refresh is still called, for example by an operator of its time. */
    @Test
    void aFormerGroupStartsNoTargetSlowly() throws Exception {
        TargetGroup before = group("TARGET_GROUP_1_SLOW_START_DURATION_SECONDS", "60");
        Target target = has(before, 1, 2).get(0);
        before.endStartUp();
        TargetGroup after = successor(before);
        takeOver(after, 1, 2);
        before.takeOut(target, "10.1.2.3");
        before.putBack(target, "10.1.2.3");
        assertThat(target.share()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"0,1", "100,0.55", "86400,0.145"})
    void aSlowStartIsShortenedWhereTheNewGroupHasAShorterOne(String seconds, double share) throws Exception {
        TargetGroup before = group("TARGET_GROUP_1_SLOW_START_DURATION_SECONDS", "1000");
        has(before, 1);
        before.endStartUp();
        Target later = has(before, 1, 2).get(1);
        assertThat(later.share()).isEqualTo(0.1);
        takeOver(successor(before, "TARGET_GROUP_1_SLOW_START_DURATION_SECONDS", seconds), 1, 2);
        groups.nanoClock.addAndGet(TimeUnit.SECONDS.toNanos(50));
        assertThat(later.share()).isCloseTo(share, within(0.001));
    }

    /** The queue is full of those who cannot use it. */
    @Test
    void anIdleTargetThatSpeaksAnotherVersionOfHttpTakesWhoeverComes() throws Exception {
        TargetGroup before = group(LIMIT, "1", QUEUE, "1");
        has(before, 1);
        acquire(before);
        assertThat(TestGroups.placement(before).await(lease -> {})).isTrue();
        TargetGroup after = successor(before, LIMIT, "1", QUEUE, "1", "TARGET_GROUP_1_PROTOCOL_VERSION", "HTTP2");
        takeOver(after, 1);
        assertThat(acquire(after).target()).isSameAs(after.targets().get(0));
    }

    @Test
    void aGroupThatIsNotConfiguredAnyMoreDrains() throws Exception {
        TargetGroup group = group("DEREGISTRATION_DELAY_SECONDS", "3600");
        List<Target> targets = has(group, 1);
        Placement placement = TestGroups.placement(group);
        onTimer(group::retire);
        assertThat(group.isDrained()).isFalse();
        assertThat(requireNonNull(placement.acquire()).target()).isSameAs(targets.get(0));
        group.close();
    }
}
