package dev.sluice.balance;

import dev.sluice.config.AlgorithmName;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
import org.openjdk.jmh.annotations.Warmup;

/** The cost of one pick, by algorithm and number of targets. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PickBenchmark {

    @Param
    private AlgorithmName name;

    @Param({"3", "30", "1000"})
    private int targets;

    private Algorithm algorithm;
    private List<TestCandidate> candidates;

    @Setup
    public void setUp() {
        algorithm = Algorithms.create(name);
        candidates = IntStream.range(0, targets)
                .mapToObj(number -> new TestCandidate(Integer.toString(number), 1, System::nanoTime))
                .toList();
        candidates.forEach(candidate -> candidate.responseTime().observe(TimeUnit.MILLISECONDS.toNanos(5)));
    }

    @Benchmark
    public @Nullable Object pick() {
        return algorithm.pick(candidates, any -> true);
    }
}
