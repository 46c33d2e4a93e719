package dev.sluice.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.LogLines;
import dev.sluice.config.AlgorithmName;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.target.Resolver.Answer;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiscoveryTest {

    private static final TargetConfiguration A = new TargetConfiguration("a.example", 80, "", 1);
    private static final TargetConfiguration B = new TargetConfiguration("b.example", 81, "/v1", 1);

    private static final Predicate<Endpoint> ALL = Endpoint.class::isInstance;
    private static final Predicate<Endpoint> NONE = ALL.negate();

    private final Map<String, Answer> names = new ConcurrentHashMap<>();
    private final Resolver resolver = this::resolve;
    private final TestGroups groups = new TestGroups();
    private TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);

    @AfterEach
    void stop() {
        groups.timer.shutdownNow();
    }

    private CompletionStage<Answer> resolve(TargetConfiguration configured) {
        Answer answer = names.get(configured.hostname());
        return answer == null ? new CompletableFuture<>() : CompletableFuture.completedFuture(answer);
    }

    /** Each answer is valid for a moment only, so that the next look-up follows soon. */
    private void answer(TargetConfiguration configured, String... literals) {
        answer(configured, NONE, null, literals);
    }

    private void answer(
            TargetConfiguration configured, Predicate<Endpoint> unknown, @Nullable String problem, String... literals) {
        List<Endpoint> endpoints = Arrays.stream(literals)
                .map(literal -> new Endpoint(configured.hostname(), address(literal), configured.port(), 1, 0))
                .toList();
        names.put(configured.hostname(), new Answer(endpoints, unknown, problem, Duration.ofMillis(1)));
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static TargetGroupConfiguration configured(TargetConfiguration... targets) {
        return TargetGroupConfiguration.plain("group", AlgorithmName.ROUND_ROBIN, List.of(targets));
    }

    private CompletableFuture<Void> start(TargetConfiguration... configured) {
        group = groups.group(configured(configured), resolver);
        return group.start();
    }

    private void awaitTargets(String... targets) {
        await().untilAsserted(() ->
                assertThat(group.targets()).extracting(Target::toString).containsExactly(targets));
    }

    @Test
    void everyAddressOfANameIsATarget() {
        answer(A, "2001:db8::1", "192.0.2.2", "192.0.2.1");
        start(A);
        awaitTargets("a.example:80@192.0.2.1", "a.example:80@192.0.2.2", "a.example:80@2001:db8:0:0:0:0:0:1");
    }

    @Test
    void targetsStandInTheOrderOfTheConfiguration() {
        answer(A, "192.0.2.9");
        answer(B, "192.0.2.1");
        start(A, B);
        awaitTargets("a.example:80@192.0.2.9", "b.example:81@192.0.2.1/v1");
    }

    @Test
    void anAddressThatStaysIsTheSameTarget() {
        answer(A, "192.0.2.1", "192.0.2.2");
        start(A);
        awaitTargets("a.example:80@192.0.2.1", "a.example:80@192.0.2.2");
        Target stays = group.targets().get(1);
        answer(A, "192.0.2.3", "192.0.2.2");
        awaitTargets("a.example:80@192.0.2.2", "a.example:80@192.0.2.3");
        assertThat(group.targets().get(0)).isSameAs(stays);
    }

    @Test
    void aTargetWhoseWeightChangesIsTheSameTarget() {
        answer(A, "192.0.2.1");
        start(A);
        awaitTargets("a.example:80@192.0.2.1");
        Target stays = group.targets().get(0);
        Endpoint heavier = new Endpoint(A.hostname(), address("192.0.2.1"), A.port(), 7, 0);
        names.put(A.hostname(), new Answer(List.of(heavier), NONE, null, Duration.ofMillis(1)));
        await().untilAsserted(() -> assertThat(stays.weight()).isEqualTo(7));
        assertThat(group.targets()).containsExactly(stays);
    }

    /** As with SRV records, whose weights differ. */
    @Test
    void ofTwoAnswersForOnePlaceTheFirstCounts() {
        Endpoint first = new Endpoint("a.example", address("192.0.2.1"), 80, 7, 0);
        Endpoint second = new Endpoint("A.EXAMPLE", address("192.0.2.1"), 80, 3, 0);
        names.put(A.hostname(), new Answer(List.of(first, second), NONE, null, Duration.ofHours(1)));
        start(A);
        awaitTargets("a.example:80@192.0.2.1");
        assertThat(group.targets().get(0).weight()).isEqualTo(7);
    }

    @Test
    void aNameWithoutAnyAddressStaysWhereItWas() {
        answer(A, "192.0.2.1");
        answer(B, "192.0.2.2");
        start(A, B);
        awaitTargets("a.example:80@192.0.2.1", "b.example:81@192.0.2.2/v1");
        answer(A);
        answer(B, "192.0.2.3"); // looked up later than the other
        awaitTargets("a.example:80@192.0.2.1", "b.example:81@192.0.2.3/v1");
    }

    /** As with a name server that knows the IPv4 addresses, and fails for IPv6. */
    @Test
    void whatNothingCouldBeLearnedAboutStays() {
        answer(A, "192.0.2.1", "2001:db8::1");
        start(A);
        awaitTargets("a.example:80@192.0.2.1", "a.example:80@2001:db8:0:0:0:0:0:1");
        answer(A, endpoint -> endpoint.address() instanceof Inet6Address, "SERVFAIL", "192.0.2.2");
        awaitTargets("a.example:80@192.0.2.2", "a.example:80@2001:db8:0:0:0:0:0:1");
        answer(A, ALL, "SERVFAIL");
        answer(A, "192.0.2.3");
        awaitTargets("a.example:80@192.0.2.3");
    }

    @Test
    void aNameThatIsNotAnsweredHoldsNoOtherUp() {
        answer(B, "192.0.2.1");
        start(A, B);
        awaitTargets("b.example:81@192.0.2.1/v1");
        answer(B, "192.0.2.2");
        awaitTargets("b.example:81@192.0.2.2/v1");
    }

    @Test
    void theStartIsOverWhenEachNameHasAnAnswer() {
        answer(A);
        answer(B, "192.0.2.1");
        assertThat(start(A, B)).succeedsWithin(Duration.ofSeconds(10));
        assertThat(group.isAvailable()).isTrue();
    }

    /** Such as when there can be no more threads for a moment. */
    @Test
    void aLookUpThatDoesNotEvenBeginHasFailed() throws Exception {
        group = groups.group(configured(A), configured -> {
            throw new InternalError("no more threads"); // JUnit takes an OutOfMemoryError for its own
        });
        assertThat(group.start()).succeedsWithin(Duration.ofSeconds(10));
        assertThat(group.nameProblems()).extracting(NameProblem::name).containsExactly("a.example:80");
        groups.timer.submit(() -> {}).get(); // after what completes the start
        assertThat(groups.timer.shutdownNow()).as("the next look-up").hasSize(1);
    }

    @Test
    void aGroupWithoutAnyAddressHasNoTargetToLease() {
        answer(A);
        assertThat(start(A)).succeedsWithin(Duration.ofSeconds(10));
        assertThat(TestGroups.placement(group).acquire()).isNull();
        assertThat(group.isAvailable()).isFalse();
    }

    /** A reload while the name server is down must not cost any targets. */
    @Test
    void whatWasFoundBeforeCountsUntilThereIsAnotherAnswer() throws Exception {
        answer(A, "192.0.2.1");
        start(A);
        awaitTargets("a.example:80@192.0.2.1");
        Target stays = group.targets().get(0);
        names.clear();
        TargetConfiguration heavier = new TargetConfiguration(A.hostname(), A.port(), A.basePath(), 7);
        TargetGroup next = group.succeededBy(configured(heavier), null, null, resolver);
        assertThat(next.start()).succeedsWithin(Duration.ofSeconds(10));
        assertThat(next.targets()).containsExactly(stays);
        assertThat(stays.weight()).as("until it takes over").isEqualTo(1);
        groups.timer.submit(next::takeOver).get();
        assertThat(next.targets()).containsExactly(stays);
        assertThat(stays.weight()).isEqualTo(7);
    }

    /** Otherwise the target that DNS has just named would drain until the next look-up, while its predecessor is back. */
    @Test
    void whatThePredecessorFoundWhileTheGroupBeganCounts() throws Exception {
        TargetGroup next = beginsWhileDnsChanges(resolver);
        assertThat(next.targets()).extracting(Target::address).containsExactly("192.0.2.2:80");
        assertThat(next.targets().get(0).weight()).isEqualTo(7);
        assertThat(next.targets()).isEqualTo(group.targets());
    }

    /** It may be asked just because the other gives wrong answers. */
    @Test
    void whatAnotherResolverFindsLaterCountsForNothing() throws Exception {
        TargetGroup next = beginsWhileDnsChanges(configured -> resolver.resolve(configured));
        assertThat(next.targets()).extracting(Target::address).containsExactly("192.0.2.1:80");
    }

    /** Returns the successor of a group that has a new answer after the only answer of the successor. */
    private TargetGroup beginsWhileDnsChanges(Resolver ofTheSuccessor) throws Exception {
        answer(A, "192.0.2.1");
        start(A);
        awaitTargets("a.example:80@192.0.2.1");
        TargetConfiguration heavier = new TargetConfiguration("A.example", A.port(), A.basePath(), 7);
        answerForAnHour(heavier);
        TargetGroup next = group.succeededBy(configured(heavier), null, null, ofTheSuccessor);
        assertThat(next.start()).succeedsWithin(Duration.ofSeconds(10));
        groups.timer.submit(() -> {}).get(); // after what takes its answer
        groups.nanoClock.incrementAndGet();
        answer(A, "192.0.2.2");
        awaitTargets("a.example:80@192.0.2.2");
        groups.timer.submit(next::takeOver).get();
        return next;
    }

    @Test
    void theNamesThatDoNotResolveAreKnown() {
        answer(A, NONE, "A: SERVFAIL");
        answer(B, ALL, "AAAA: SERVFAIL", "192.0.2.1");
        start(A, B);
        await().untilAsserted(() -> assertThat(group.nameProblems())
                .containsExactly(
                        new NameProblem("a.example:80", false, "A: SERVFAIL"),
                        new NameProblem("b.example:81/v1", true, "AAAA: SERVFAIL")));
        answer(A, "192.0.2.2");
        answer(B, "192.0.2.1");
        await().untilAsserted(() -> assertThat(group.nameProblems()).isEmpty());
    }

    @Test
    void aGroupThatIsClosedLooksNothingUpAnyMore() {
        startWithAnswersForAnHour();
        group.close();
        awaitThatNothingIsScheduled();
    }

    @Test
    void aGroupThatIsNotConfiguredAnyMoreLooksNothingUp() throws Exception {
        startWithAnswersForAnHour();
        groups.timer.submit(group::retire).get();
        awaitThatNothingIsScheduled();
    }

    @Test
    void aGroupThatHasBeenSucceededLooksNothingUpAnyMore() throws Exception {
        startWithAnswersForAnHour();
        TargetGroup next = group.succeededBy(configured(B), null, null, resolver);
        assertThat(next.start()).succeedsWithin(Duration.ofSeconds(10));
        groups.timer.submit(next::takeOver).get();
        next.close();
        awaitThatNothingIsScheduled();
    }

    private void startWithAnswersForAnHour() {
        answerForAnHour(A);
        answerForAnHour(B);
        assertThat(start(A)).succeedsWithin(Duration.ofSeconds(10));
        awaitTargets("a.example:80@192.0.2.1");
    }

    private void answerForAnHour(TargetConfiguration configured) {
        Endpoint endpoint = new Endpoint(configured.hostname(), address("192.0.2.1"), configured.port(), 1, 0);
        names.put(configured.hostname(), new Answer(List.of(endpoint), NONE, null, Duration.ofHours(1)));
    }

    private void awaitThatNothingIsScheduled() {
        groups.timer.shutdown(); // a scheduled task keeps it alive
        await().until(groups.timer::isTerminated);
    }

    @Test
    void whyANameDoesNotResolveIsLoggedWhenItChanges() {
        try (LogLines log = LogLines.of(Discovery.class)) {
            answer(A, NONE, "A: SERVFAIL");
            start(A);
            await().until(() -> log.all().size() == 1);
            answer(A, NONE, "A: no answer in time");
            await().until(() -> log.all().size() == 2);
            answer(A, "192.0.2.1");
            awaitTargets("a.example:80@192.0.2.1");
            assertThat(log.all())
                    .startsWith(
                            "group: a.example:80 does not resolve, so it has no targets yet: A: SERVFAIL",
                            "group: a.example:80 does not resolve, so it has no targets yet: A: no answer in time",
                            "group: a.example:80 resolves again");
        }
    }
}
