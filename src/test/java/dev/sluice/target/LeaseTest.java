package dev.sluice.target;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.config.AlgorithmName;
import dev.sluice.config.EjectionConfiguration;
import dev.sluice.health.Health;
import dev.sluice.health.Health.State;
import dev.sluice.target.Lease.Outcome;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a lease contributes to its target's response time and failures. */
class LeaseTest {

    private final TestGroups groups = new TestGroups();
    private final TargetGroup group = groups.group(AlgorithmName.LRT);
    private Target target;
    private Lease lease;

    @BeforeEach
    void acquire() {
        target = TestGroups.fill(group, 1).get(0);
        lease = requireNonNull(TestGroups.placement(group).acquire());
    }

    @AfterEach
    void stop() {
        groups.timer.shutdownNow();
    }

    private void millisPass(int millis) {
        groups.nanoClock.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private double millis() {
        return target.responseTime().expected() / 1e6;
    }

    @Test
    void theTimeIsThatFromTheEndOfTheRequestToTheHeadOfTheAnswer() {
        millisPass(1_000); // of a slow upload
        lease.requestSent();
        millisPass(7);
        lease.responseBegun(200);
        assertThat(millis()).isEqualTo(7);
        millisPass(1);
        lease.release(Outcome.ANSWERED);
        assertThat(millis()).isBetween(6.9, 7.0);
    }

    @Test
    void anErrorOfTheServerIsAFailure() {
        target.responseTime().observe(TimeUnit.MILLISECONDS.toNanos(10));
        lease.requestSent();
        lease.responseBegun(500);
        assertThat(millis()).isEqualTo(20 / 0.99); // 10 ms, and 10 ms for the one percent of failures
    }

    @Test
    void anAnswerThatBreaksOffIsAFailureButNotOfItsWholeLength() {
        lease.requestSent();
        millisPass(10);
        lease.responseBegun(200);
        millisPass(60_000);
        lease.fail("reset");
        assertThat(target.responseTime().average()).isLessThanOrEqualTo(10e6);
        assertThat(millis()).isGreaterThan(1_000);
    }

    /** In this test it is the log that fails. The target would never have been idle again. */
    @Test
    void theRequestIsCountedOutWhateverFails() {
        lease.release(Outcome.ABANDONED);
        TestGroups.fill(group, 2);
        Logger log = Logger.getLogger(Health.class.getName());
        Handler full = new StreamHandler() {
            @Override
            public synchronized void publish(LogRecord line) {
                throw new IllegalStateException("for a test");
            }
        };
        log.addHandler(full);
        try {
            assertThatThrownBy(() -> {
                        while (target.acquire(1)) {
                            new Lease(group, target).fail("so often that it is ejected, which is logged");
                        }
                    })
                    .isInstanceOf(IllegalStateException.class);
        } finally {
            log.removeHandler(full);
        }
        assertThat(target.inFlight()).isZero();
    }

    @Test
    void whatFailsIsCountedOnceWhateverFailsOfIt() {
        lease.responseBegun(503);
        lease.fail("reset");
        lease.release(Outcome.ANSWERED);
        assertThat(target.failures()).isEqualTo(1);
        for (int status : new int[] {499, 500}) {
            Lease another = requireNonNull(TestGroups.placement(group).acquire());
            another.responseBegun(status);
            another.release(Outcome.ANSWERED);
        }
        assertThat(target.failures()).isEqualTo(2);
        requireNonNull(TestGroups.placement(group).acquire()).release(Outcome.ABANDONED);
        assertThat(target.failures()).as("clients may leave").isEqualTo(2);
        millisPass(1_000);
        target.sampleRates();
        assertThat(target.failureRate().lastMinute()).last().isEqualTo(2);
        assertThat(target.requestRate().lastMinute()).last().isEqualTo(4);
    }

    @Test
    void aTargetThatClientsGiveUpOnIsAsSlowAsTheyWaited() {
        lease.requestSent();
        millisPass(900);
        lease.release(Outcome.ABANDONED);
        assertThat(millis()).isEqualTo(900);
    }

    @Test
    void howLongAClientReadsBeforeItLeavesSaysNothing() {
        lease.requestSent();
        millisPass(7);
        lease.responseBegun(200);
        millisPass(60_000);
        lease.release(Outcome.ABANDONED);
        assertThat(millis()).isLessThanOrEqualTo(7);
    }

    /** It was about to fail already when its target was ejected. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRequestFromBeforeAnEjectionDoesNotEjectItsTargetAgain(boolean answers) {
        groups.ejection = new EjectionConfiguration(3, Duration.ofHours(1), true);
        TargetGroup ejecting = groups.group(AlgorithmName.ROUND_ROBIN);
        TestGroups.fill(ejecting, 2);
        Lease old = requireNonNull(TestGroups.placement(ejecting).acquire());
        Health health = old.target().health();
        millisPass(1);
        for (int i = 0; i < 3; i++) {
            health.requestFailed("reset", groups.nanoClock.get());
        }
        assertThat(health.state()).isEqualTo(State.EJECTED);
        health.endEjection();
        if (answers) {
            old.responseBegun(503);
            old.release(Outcome.ANSWERED);
        } else {
            old.fail("reset");
        }
        assertThat(health.state()).isEqualTo(State.HEALTHY);
    }

    @Test
    void aClientThatLeavesInItsUploadSaysNothing() {
        millisPass(900);
        lease.release(Outcome.ABANDONED);
        assertThat(millis()).isZero();
    }

    /** Without a time, a target that refuses uploads early would look better than any other, for ever. */
    @Test
    void theTimeOfAnAnswerBeforeTheEndOfTheRequestIsThatFromItsBeginning() {
        millisPass(9);
        lease.responseBegun(413);
        lease.release(Outcome.ANSWERED);
        assertThat(millis()).isEqualTo(9);
    }
}
