package dev.sluice.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.balance.Algorithms;
import dev.sluice.config.AlgorithmName;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.target.Lease.Outcome;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TargetGroupTest {

    private final TargetGroup group = new TargetGroup("group", Algorithms.create(AlgorithmName.ROUND_ROBIN));
    private final List<Target> targets = new ArrayList<>();

    @BeforeEach
    void threeTargets() {
        for (int port = 1; port <= 3; port++) {
            targets.add(new Target(new TargetConfiguration("127.0.0.1", port, ""), InetAddress.getLoopbackAddress()));
        }
        group.replaceTargets(targets);
    }

    private Lease acquire() {
        return Objects.requireNonNull(group.acquire());
    }

    @Test
    void leasesWalkTheTargetsInTheirOrder() {
        for (int request = 0; request < 6; request++) {
            assertThat(acquire().target()).isSameAs(targets.get(request % 3));
        }
    }

    @Test
    void aTargetThatWasTriedIsNotLeasedAgain() {
        for (int request = 0; request < 6; request++) {
            assertThat(Objects.requireNonNull(group.acquireBesides(targets.subList(0, 2)))
                            .target())
                    .isSameAs(targets.get(2));
        }
        assertThat(group.acquireBesides(targets)).isNull();
    }

    @Test
    void aTargetThatWasTriedIsFollowedByTheNextInOrder() {
        Target first = acquire().target();
        Target second =
                Objects.requireNonNull(group.acquireBesides(List.of(first))).target();
        assertThat(List.of(first, second, acquire().target())).isEqualTo(targets);
    }

    @Test
    void onlyTheFirstReleaseCounts() {
        Lease first = acquire();
        Lease again = first.again();
        assertThat(first.target().inFlight()).isEqualTo(2);
        first.release(Outcome.FAILED);
        first.release(Outcome.ANSWERED);
        assertThat(first.target().inFlight()).isEqualTo(1);
        again.release(Outcome.ANSWERED);
        assertThat(first.target().inFlight()).isZero();
    }

    @Test
    void manyThreadsLeaseEachTargetEquallyOftenAndLoseNoLease() throws Exception {
        int perThread = 3_000;
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<List<Target>>> pickers = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                pickers.add(() -> {
                    List<Target> leased = new ArrayList<>();
                    for (int i = 0; i < perThread; i++) {
                        Lease lease = acquire();
                        leased.add(lease.target());
                        lease.release(Outcome.ANSWERED);
                    }
                    return leased;
                });
            }
            List<Target> all = new ArrayList<>();
            for (Future<List<Target>> picked : threads.invokeAll(pickers)) {
                all.addAll(picked.get());
            }
            for (Target target : targets) {
                assertThat(all.stream().filter(target::equals)).hasSize(8 * perThread / 3);
                assertThat(target.inFlight()).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
