package dev.sluice.target;

import dev.sluice.balance.Algorithms;
import dev.sluice.balance.LoadBalancerCookie;
import dev.sluice.balance.Stickiness;
import dev.sluice.config.AlgorithmName;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.target.Lease.Outcome;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost of a request's whole stay at a target group, from its placement to the release of its lease, by algorithm
 * and number of targets. More threads ({@code -t 2}) show contention.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PlacementBenchmark {

    @Param
    private AlgorithmName algorithm;

    @Param({"1", "3", "30", "1000"})
    private int targets;

    private ScheduledExecutorService timer;
    private TargetGroup group;

    /** The cookie of a session that already has a target; empty if the algorithm is not STICKY. */
    private List<String> cookieFields = List.of();

    @Setup
    public void setUp() {
        timer = Executors.newSingleThreadScheduledExecutor();
        group = new TargetGroup(
                configuration(),
                Algorithms.create(algorithm),
                stickiness(),
                null,
                configured -> new CompletableFuture<>(),
                new TakenOut(),
                target -> {},
                timer);
        Target last = TestGroups.fill(group, targets).get(targets - 1);
        String setCookie = place().answeredBy(last, List.of(), false);
        if (setCookie != null) {
            cookieFields = List.of(setCookie.substring(0, setCookie.indexOf(';')));
        }
    }

    private TargetGroupConfiguration configuration() {
        return TargetGroupConfiguration.plain(
                "group", algorithm, List.of(new TargetConfiguration("127.0.0.1", 1, "", 1)));
    }

    private @Nullable Stickiness stickiness() {
        return algorithm == AlgorithmName.STICKY
                ? new LoadBalancerCookie("session", "group", new byte[32], Duration.ofDays(1), InstantSource.system())
                : null;
    }

    @TearDown
    public void tearDown() {
        group.close();
        timer.shutdownNow();
    }

    private Placement place() {
        return group.place(() -> Collections.enumeration(cookieFields));
    }

    @Benchmark
    public Target request() {
        Lease lease = place().acquire();
        if (lease == null) {
            throw new IllegalStateException("no target is available");
        }
        lease.requestSent();
        lease.responseBegun(200);
        lease.release(Outcome.ANSWERED);
        return lease.target();
    }
}
