package dev.sluice.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.AlgorithmName;
import dev.sluice.target.Lease.Outcome;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutageTest {

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
        group.takeOut(target);
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
        group.takeOut(target);
        Instant since = target.outSince();
        assertThat(since).isNotNull();
        group.takeOut(target);
        assertThat(target.outSince()).isSameAs(since);
        group.putBack(target);
        assertThat(target.outSince()).isNull();
        assertThat(target.state().name()).isEqualTo(TargetState.Name.HEALTHY);
        assertThat(List.of(acquire().target(), acquire().target())).containsExactlyInAnyOrderElementsOf(targets);
    }

    @Test
    void whyNoneIsAvailableIsCounted() {
        assertThat(group.unavailability()).isNull();
        Target weightless = TestGroups.target(group, 3, 0);
        group.replaceTargets(List.of(targets.get(0), targets.get(1), weightless));
        targets.forEach(group::takeOut);
        assertThat(group.unavailability()).isEqualTo("no target is available: of 3, 2 are DRAINING, 1 is of weight 0");
        group.replaceTargets(targets);
        assertThat(group.unavailability()).isEqualTo("no target is available: both are DRAINING");
        group.replaceTargets(List.of(weightless));
        assertThat(group.unavailability()).isEqualTo("no target is available: the only one is of weight 0");
        group.replaceTargets(List.of());
        assertThat(group.unavailability()).isEqualTo("no target is available: none of its names has an address");
    }

    /** An operator who was told that the target is idle may stop it. */
    @Test
    void nothingComesToATargetThatWasIdleWhoeverIsQuicker() throws Exception {
        Target target = targets.get(0);
        AtomicBoolean safeToStop = new AtomicBoolean();
        AtomicInteger tooLate = new AtomicInteger();
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        Future<?> requests = threads.submit(() -> {
            while (!over.get()) {
                Lease lease = acquire();
                if (lease.target() == target && safeToStop.get()) {
                    tooLate.incrementAndGet();
                }
                lease.release(Outcome.ANSWERED);
            }
        });
        for (int i = 0; i < 200; i++) {
            group.takeOut(target);
            while (target.inFlight() > 0) {
                Thread.onSpinWait();
            }
            safeToStop.set(true);
            Thread.onSpinWait();
            safeToStop.set(false);
            group.putBack(target);
        }
        over.set(true);
        requests.get(10, TimeUnit.SECONDS);
        threads.shutdown();
        assertThat(tooLate).hasValue(0);
    }
}
