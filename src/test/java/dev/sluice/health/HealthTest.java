package dev.sluice.health;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.LogLines;
import dev.sluice.config.Configuration;
import dev.sluice.config.EjectionConfiguration;
import dev.sluice.config.HealthCheckConfiguration;
import dev.sluice.health.Health.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HealthTest {

    private static final HealthCheckConfiguration CHECKS = checks();

    private final AtomicLong nanoClock = new AtomicLong();
    private final AtomicInteger flips = new AtomicInteger();
    private final Ejections ejections = new Ejections();
    private final List<Health> group = new ArrayList<>();
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);

    private static HealthCheckConfiguration checks() {
        return requireNonNull(Configuration.load(
                        Map.of(
                                "TARGET_GROUP_1_NAME", "web",
                                "TARGET_GROUP_1_TARGETS", "a:80",
                                "TARGET_GROUP_1_HEALTH_CHECK_PATH", "/",
                                "TARGET_GROUP_1_HEALTHY_THRESHOLD_COUNT", "3",
                                "LISTENER_RULE_1_PATH_PREFIX", "/",
                                "LISTENER_RULE_1_TARGET_GROUP", "web"),
                        Map.of())
                .targetGroups()
                .get(0)
                .healthCheck());
    }

    @BeforeEach
    void makeAGroupOfTwo() {
        timer.setRemoveOnCancelPolicy(true);
        unchecked();
    }

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    private Health health(@Nullable HealthCheckConfiguration checks, Duration ejectedFor) {
        return health(checks, new EjectionConfiguration(3, ejectedFor, false));
    }

    /** Adds a target to the group. */
    private Health health(@Nullable HealthCheckConfiguration checks, EjectionConfiguration ejection) {
        Health health = new Health(
                "web: a:80", checks, ejection, ejections, timer, nanoClock::get, new Flips(), flips::incrementAndGet);
        group.add(health);
        ejections.setMembers(group);
        return health;
    }

    private Health unchecked() {
        return health(null, Duration.ofHours(1));
    }

    private void fail(Health health, int times) {
        for (int i = 0; i < times; i++) {
            health.requestFailed("reset", nanoClock.get());
        }
    }

    private void ejectionsAreOver() {
        timer.getQueue().forEach(Runnable::run);
    }

    @Test
    void withoutChecksATargetIsHealthyFromTheStart() {
        assertThat(unchecked().state()).isEqualTo(State.HEALTHY);
    }

    @Test
    void onePassedCheckMakesANewTargetHealthy() {
        Health health = health(CHECKS, Duration.ofHours(1));
        assertThat(health.state()).isEqualTo(State.INITIAL);
        health.checkPassed();
        assertThat(health.state()).isEqualTo(State.HEALTHY);
        assertThat(flips).hasValue(1);
    }

    /** It used to be said that there had been none yet. */
    @Test
    void whatChecksOfANewTargetHaveFoundIsSaid() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkFailed("refused");
        assertThat(health.finding().state()).isEqualTo(State.INITIAL);
        assertThat(health.finding().reason()).isEqualTo("1 check failed, none passed; the last: refused");
        assertThat(flips).hasValue(0);
    }

    /** Until it is UNHEALTHY, it gets requests. */
    @Test
    void thatTheFirstCheckFailsIsLogged() {
        try (LogLines log = LogLines.of(Health.class)) {
            Health health = health(CHECKS, Duration.ofHours(1));
            health.checkFailed("refused");
            assertThat(log.all()).singleElement().asString().endsWith(" has failed its first check: refused");
            health.checkFailed("refused");
            assertThat(log.all()).hasSize(2).last().asString().contains(" is UNHEALTHY: ");
        }
    }

    @Test
    void asManyFailedChecksInARowAsAreConfiguredMakeItUnhealthy() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkPassed();
        health.checkFailed("refused");
        health.checkPassed();
        health.checkFailed("refused");
        assertThat(health.state()).isEqualTo(State.HEALTHY);
        health.checkFailed("refused");
        assertThat(health.state()).isEqualTo(State.UNHEALTHY);
        health.checkFailed("refused");
        assertThat(flips).hasValue(2); // each transition once
    }

    /** Each rolling update stops targets that have left, sooner or later while they drain. */
    @Test
    void nobodyIsWarnedOfATargetThatHasLeft() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkPassed();
        try (LogLines log = LogLines.of(Health.class)) {
            health.setLeft(true);
            health.checkFailed("refused");
            health.checkFailed("refused");
            assertThat(health.state()).isEqualTo(State.UNHEALTHY);
            assertThat(log.all())
                    .containsExactly("web: a:80 is UNHEALTHY: 2 checks failed in a row, the last: refused");
            assertThat(log.warnings()).isEmpty();
        }
        assertThat(flips).hasValue(2);
        assertThat(health.flips().to(State.UNHEALTHY)).isZero();
        try (LogLines log = LogLines.of(Health.class)) {
            health.setLeft(false);
            assertThat(log.warnings())
                    .as("it is back")
                    .containsExactly("web: a:80 is UNHEALTHY: 2 checks failed in a row, the last: refused");
        }
        assertThat(health.flips().to(State.UNHEALTHY)).isEqualTo(1);
        for (int i = 0; i < 3; i++) {
            health.checkPassed();
        }
        assertThat(health.flips().to(State.HEALTHY)).isEqualTo(2);
    }

    @Test
    void asManyPassedChecksInARowAsAreConfiguredMakeItHealthyAgain() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkFailed("refused");
        health.checkFailed("refused");
        assertThat(health.state()).isEqualTo(State.UNHEALTHY);
        health.checkPassed();
        health.checkPassed();
        health.checkFailed("refused");
        health.checkPassed();
        health.checkPassed();
        assertThat(health.state()).isEqualTo(State.UNHEALTHY);
        health.checkPassed();
        assertThat(health.state()).isEqualTo(State.HEALTHY);
    }

    @Test
    void asManyFailedRequestsInARowAsAreConfiguredEjectIt() {
        Health health = unchecked();
        fail(health, 2);
        health.requestSucceeded(nanoClock.get());
        fail(health, 2);
        assertThat(health.state()).isEqualTo(State.HEALTHY);
        fail(health, 5);
        assertThat(health.state()).isEqualTo(State.EJECTED);
        assertThat(flips).hasValue(1);
    }

    /** A target whose checks fail, or pass again, starts with a clean record. */
    @Test
    void whatItsChecksSayEndsARowOfFailedRequests() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkPassed();
        fail(health, 2);
        health.checkFailed("refused");
        health.checkFailed("refused");
        for (int i = 0; i < 3; i++) {
            health.checkPassed();
        }
        fail(health, 2);
        assertThat(health.state()).isEqualTo(State.HEALTHY);
    }

    @Test
    void switchingEjectionOffLeavesATargetThatIsNotEjectedAlone() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkFailed("refused");
        health.checkFailed("refused");
        Health.Finding before = health.finding();
        health.reconfigure(CHECKS, new EjectionConfiguration(0, Duration.ofHours(1), false), () -> {});
        health.endEjection();
        assertThat(health.finding()).isEqualTo(before);
    }

    @Test
    void ejectionCanBeSwitchedOff() {
        Health health = health(null, new EjectionConfiguration(0, Duration.ofHours(1), false));
        fail(health, 1_000);
        assertThat(health.state()).isEqualTo(State.HEALTHY);
    }

    @Test
    void anEjectionEndsByItself() {
        Health health = health(null, Duration.ofMillis(1));
        fail(health, 3);
        await().untilAsserted(() -> assertThat(health.state()).isEqualTo(State.HEALTHY));
        assertThat(flips).hasValue(2);
    }

    @Test
    void theFirstFailureAfterAnEjectionIsTheNextInTheRow() {
        Health health = unchecked();
        fail(health, 3);
        ejectionsAreOver();
        assertThat(health.state()).isEqualTo(State.HEALTHY);
        fail(health, 1);
        assertThat(health.state()).isEqualTo(State.EJECTED);
    }

    private long ejectedMinutes() {
        long seconds = timer.getQueue().stream()
                .mapToLong(end -> ((Delayed) end).getDelay(TimeUnit.SECONDS))
                .findFirst()
                .orElseThrow();
        return (seconds + 30) / 60;
    }

    @Test
    void eachEjectionInARowIsLongerThanTheLastUpToFiveMinutes() {
        Health health = health(null, Duration.ofMinutes(2));
        fail(health, 3);
        assertThat(ejectedMinutes()).isEqualTo(2);
        ejectionsAreOver();
        health.requestSucceeded(nanoClock.get()); // but soon fails again
        fail(health, 3);
        assertThat(ejectedMinutes()).isEqualTo(4);
        ejectionsAreOver();
        fail(health, 3);
        assertThat(ejectedMinutes()).isEqualTo(5);
    }

    @Test
    void aTargetThatDoesWellForAsLongAsItWasOutBeginsAnew() {
        Health health = health(null, Duration.ofMinutes(2));
        fail(health, 3);
        ejectionsAreOver();
        health.requestSucceeded(nanoClock.get()); // too early to tell
        nanoClock.addAndGet(Duration.ofMinutes(2).toNanos());
        health.requestSucceeded(nanoClock.get());
        fail(health, 3);
        assertThat(ejectedMinutes()).isEqualTo(2);
    }

    @Test
    void neverMoreThanHalfOfAGroupIsEjected() {
        for (int i = 0; i < 3; i++) {
            unchecked();
        }
        List<Health> all = List.copyOf(group.subList(0, 4));
        all.forEach(health -> fail(health, 3));
        assertThat(all)
                .extracting(Health::state)
                .containsExactly(State.EJECTED, State.EJECTED, State.HEALTHY, State.HEALTHY);
        group.remove(all.get(0)); // it leaves
        assertThat(ejections.setMembers(group)).isEmpty();
        unchecked();
        fail(all.get(3), 1);
        assertThat(all.get(3).state()).isEqualTo(State.EJECTED);
    }

    @Test
    void whereAGroupBecomesSmallerTheLongestEjectedAreLetBackIn() {
        for (int i = 0; i < 3; i++) {
            unchecked();
        }
        fail(group.get(1), 3);
        fail(group.get(0), 3);
        assertThat(ejections.setMembers(group.subList(0, 2))).containsExactly(group.get(1));
        group.get(1).endEjection();
        assertThat(group.get(1).state()).isEqualTo(State.HEALTHY);
        assertThat(ejections.setMembers(group.subList(0, 2))).isEmpty();
    }

    /** Those requests were in flight when the target was ejected. It has not been tried again since. */
    @Test
    void failuresOfRequestsFromBeforeAnEjectionDoNotCountAfterIt() {
        Health health = unchecked();
        fail(health, 3);
        nanoClock.addAndGet(1);
        ejectionsAreOver();
        health.requestFailed("silent", 0);
        assertThat(health.state()).isEqualTo(State.HEALTHY);
        fail(health, 1);
        assertThat(health.state()).isEqualTo(State.EJECTED);
    }

    /** A long download that ends meanwhile, for example: it began before the target failed. */
    @Test
    void successesDuringAnEjectionDoNotClearTheRecord() {
        Health health = unchecked();
        fail(health, 3);
        long before = nanoClock.get();
        health.requestSucceeded(before);
        nanoClock.addAndGet(1);
        ejectionsAreOver();
        health.requestSucceeded(before);
        fail(health, 1);
        assertThat(health.state()).isEqualTo(State.EJECTED);
    }

    /** Their responses did not come because the target was down, which is known already. */
    @Test
    void failuresOfRequestsFromBeforeARecoveryDoNotCountAfterIt() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkFailed("refused");
        health.checkFailed("refused");
        nanoClock.addAndGet(1);
        for (int i = 0; i < 3; i++) {
            health.checkPassed();
        }
        for (int i = 0; i < 5; i++) {
            health.requestFailed("silent", 0);
        }
        assertThat(health.state()).isEqualTo(State.HEALTHY);
    }

    /** A readiness probe does that to a target that fails. */
    @Test
    void anEjectedTargetThatLeavesAndComesBackCountsAgain() {
        unchecked();
        unchecked();
        unchecked();
        List<Health> all = List.copyOf(group.subList(0, 4));
        fail(all.get(0), 3);
        ejections.setMembers(all.subList(1, 4));
        ejections.setMembers(all);
        all.subList(1, 4).forEach(health -> fail(health, 3));
        assertThat(all)
                .extracting(Health::state)
                .containsExactly(State.EJECTED, State.EJECTED, State.HEALTHY, State.HEALTHY);
    }

    @Test
    void theOnlyTargetIsNotEjected() {
        Health health = group.get(0);
        fail(health, 3);
        assertThat(health.state()).isEqualTo(State.HEALTHY);
    }

    /**
     * Otherwise a target that was down for a moment would stay ejected long after it is back, and keep others from
     * being ejected.
     */
    @Test
    void checksThatFailTakeOverFromAnEjection() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkPassed();
        fail(health, 3);
        assertThat(health.state()).isEqualTo(State.EJECTED);
        health.checkFailed("refused");
        health.checkFailed("refused");
        assertThat(health.state()).isEqualTo(State.UNHEALTHY);
        assertThat(timer.getQueue()).isEmpty();
        Health other = unchecked();
        fail(other, 3);
        assertThat(other.state()).isEqualTo(State.EJECTED);
        for (int i = 0; i < 3; i++) {
            health.checkPassed();
        }
        assertThat(health.state()).isEqualTo(State.HEALTHY);
    }

    @Test
    void checksThatPassDoNotEndAnEjection() {
        Health health = health(CHECKS, Duration.ofHours(1));
        fail(health, 3);
        for (int i = 0; i < 5; i++) {
            health.checkPassed();
        }
        assertThat(health.state()).isEqualTo(State.EJECTED);
        ejectionsAreOver();
        assertThat(health.state()).isEqualTo(State.HEALTHY);
    }

    @Test
    void afterItsEndNothingChanges() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkPassed();
        fail(health, 3);
        health.close();
        assertThat(timer.getQueue()).isEmpty();
        timer.shutdown();
        fail(health, 3);
        health.checkFailed("refused");
        health.checkFailed("refused");
        assertThat(health.state()).isEqualTo(State.EJECTED);
        assertThat(flips).hasValue(2);
    }

    @Test
    void whatIsNotCheckedAnyMoreIsWellAndSaysWhy() {
        Health health = health(CHECKS, Duration.ofHours(1));
        for (int i = 0; i < 2; i++) {
            health.checkFailed("it was silent");
        }
        assertThat(health.state()).isEqualTo(State.UNHEALTHY);
        health.reconfigure(null, EjectionConfiguration.DEFAULT, () -> {});
        assertThat(health.finding().state()).isEqualTo(State.HEALTHY);
        assertThat(health.finding().reason()).isEqualTo("it has no checks any more");
        assertThat(health.flips().to(State.HEALTHY)).isEqualTo(1);
        health.reconfigure(CHECKS, EjectionConfiguration.DEFAULT, () -> {});
        assertThat(health.finding().state()).isEqualTo(State.HEALTHY);
        assertThat(health.finding().reason()).isEqualTo("it was in use before it had checks");
        assertThat(health.flips().to(State.HEALTHY)).isEqualTo(1);
    }

    @Test
    void whatIsEjectedStaysSoForItsReasonWhateverIsConfigured() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkPassed();
        fail(health, 3);
        health.reconfigure(null, EjectionConfiguration.DEFAULT, () -> {});
        assertThat(health.finding().state()).isEqualTo(State.EJECTED);
        assertThat(health.finding().reason()).isEqualTo("3 requests failed in a row, the last: reset");
    }

    @Test
    void whereNoTargetIsEjectedAnyMoreNoneStaysSo() {
        Health health = health(CHECKS, Duration.ofHours(1));
        health.checkPassed();
        fail(health, 3);
        health.reconfigure(CHECKS, new EjectionConfiguration(0, Duration.ofHours(1), false), () -> {});
        assertThat(health.finding().state()).isEqualTo(State.HEALTHY);
        assertThat(health.finding().reason()).isEqualTo("it was EJECTED, and ejection was switched off");
        assertThat(timer.getQueue()).isEmpty();
        health.reconfigure(CHECKS, new EjectionConfiguration(3, Duration.ofHours(1), false), () -> {});
        fail(health, 2);
        assertThat(health.state()).isEqualTo(State.HEALTHY);
    }
}
