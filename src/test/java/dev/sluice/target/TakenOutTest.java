package dev.sluice.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.LogLines;
import dev.sluice.config.AlgorithmName;
import dev.sluice.target.Lease.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TakenOutTest {

    private static final String OPERATOR = "10.1.2.3";

    private final TestGroups groups = new TestGroups();
    private final TargetGroup group = groups.group(AlgorithmName.ROUND_ROBIN);
    private final List<Target> targets = TestGroups.fill(group, 2);

    @AfterEach
    void end() {
        groups.timer.shutdownNow();
    }

    private Lease acquire() {
        return Objects.requireNonNull(TestGroups.placement(group).acquire());
    }

    @Test
    void itIsIdleWhenTheLastOfItsRequestsIsOver() {
        Target target = targets.get(0);
        Lease its = acquire();
        acquire();
        Lease another = acquire();
        assertThat(List.of(its.target(), another.target())).containsOnly(target);
        group.takeOut(target, OPERATOR);
        its.release(Outcome.ANSWERED);
        assertThat(target.inFlight()).isEqualTo(1);
        another.release(Outcome.ABANDONED);
        assertThat(target.inFlight()).isZero();
        assertThat(acquire().target()).isSameAs(targets.get(1));
        assertThat(target.requests()).isEqualTo(2);
    }

    @Test
    void itIsOutSinceItWasTakenOutFirstUntilItIsPutBack() {
        Target target = targets.get(0);
        assertThat(target.outSince()).isNull();
        group.takeOut(target, OPERATOR);
        Instant since = target.outSince();
        assertThat(since).isNotNull();
        group.takeOut(target, OPERATOR);
        assertThat(target.outSince()).isSameAs(since);
        group.putBack(target, OPERATOR);
        assertThat(target.outSince()).isNull();
        assertThat(target.state().name()).isEqualTo(TargetState.Name.HEALTHY);
        assertThat(List.of(acquire().target(), acquire().target())).containsExactlyInAnyOrderElementsOf(targets);
    }

    @Test
    void theLogSaysWhoTookItOutAndPutItBack() {
        try (LogLines log = LogLines.of(TargetGroup.class)) {
            group.takeOut(targets.get(0), "10.1.2.3");
            group.putBack(targets.get(0), "10.1.2.4");
            assertThat(log.all())
                    .containsExactly(
                            "group: 127.0.0.1:1 is DRAINING: an operator at 10.1.2.3 has taken it out",
                            "group: an operator at 10.1.2.4 has put 127.0.0.1:1 back, it is HEALTHY");
        }
    }

    @Test
    void whyNoneIsAvailableIsCounted() {
        assertThat(group.unavailability()).isNull();
        Target weightless = TestGroups.target(group, 3, 0);
        group.members().replace(List.of(targets.get(0), targets.get(1), weightless));
        targets.forEach(target -> group.takeOut(target, OPERATOR));
        assertThat(group.unavailability()).isEqualTo("no target is available: of 3, 2 are DRAINING, 1 is of weight 0");
        group.members().replace(targets);
        assertThat(group.unavailability()).isEqualTo("no target is available: both are DRAINING");
        group.members().replace(List.of(weightless));
        assertThat(group.unavailability()).isEqualTo("no target is available: the only one is of weight 0");
        group.members().replace(List.of());
        assertThat(group.unavailability()).isEqualTo("no target is available: none of its names has an address");
    }

    @Test
    void itStaysOutWhenItIsBackAfterItsDrain() {
        groups.deregistrationDelay = Duration.ZERO;
        TargetGroup brief = groups.group(AlgorithmName.ROUND_ROBIN);
        Target target = TestGroups.fill(brief, 1).get(0);
        brief.takeOut(target, OPERATOR);
        brief.members().replace(List.of());
        await().until(target::isGone);
        Target back = TestGroups.fill(brief, 1).get(0);
        assertThat(back).isNotSameAs(target);
        assertThat(back.outSince()).isNotNull().isEqualTo(target.outSince());
        assertThat(TestGroups.placement(brief).acquire()).isNull();
        brief.putBack(back, OPERATOR);
        assertThat(TestGroups.placement(brief).acquire()).isNotNull();
    }

    /** An operator who was told that the target is idle may stop it. */
    @Test
    void aTargetThatIsTakenOutBetweenItsPickAndTheLeaseGetsNothing() {
        List<Target> takenOut = new ArrayList<>();
        groups.whenPicked = picked -> {
            if (takenOut.isEmpty()) {
                group.takeOut(picked, OPERATOR);
                takenOut.add(picked);
            }
        };
        Target leased = acquire().target();
        assertThat(takenOut).hasSize(1).doesNotContain(leased);
        assertThat(takenOut.get(0).inFlight()).isZero();
        assertThat(takenOut.get(0).requests()).isZero();
    }
}
