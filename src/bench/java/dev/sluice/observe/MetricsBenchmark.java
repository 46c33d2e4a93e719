package dev.sluice.observe;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost of recording a request: without an observer, with one that counts nothing, with metrics, and with metrics
 * that two threads update at once.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MetricsBenchmark {

    private final Observation nobody = new Observation(List.of());
    private final Observation clockOnly = new Observation(List.of(transaction -> {}));
    private final Observation metrics = new Observation(List.of(new Metrics()));

    private static Transaction request(Observation observation) {
        Transaction transaction = observation.begin("GET", "/index.html", null, "HTTP/1.1", null);
        transaction.routed("/", "web");
        transaction.attemptStarted("10.0.0.11:8080", "10.0.0.11:8080");
        transaction.sending();
        transaction.targetAnswered(200);
        transaction.clientAnswered(200);
        transaction.responseCompleted();
        transaction.end(0, 100);
        return transaction;
    }

    @Benchmark
    public Transaction nobodyLooks() {
        return request(nobody);
    }

    @Benchmark
    public Transaction whatIsMeasuredIsNotCounted() {
        return request(clockOnly);
    }

    @Benchmark
    public Transaction counted() {
        return request(metrics);
    }

    @Benchmark
    @Threads(2)
    public Transaction countedByTwoThreads() {
        return request(metrics);
    }
}
