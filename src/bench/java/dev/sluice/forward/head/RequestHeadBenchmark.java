package dev.sluice.forward.head;

import dev.sluice.config.ForwardedConfiguration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The cost of a browser's request head: of checking it, and of making the target request's head from it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RequestHeadBenchmark {

    private final ClientRequest clientRequest = new ClientRequest();
    private final Forwarded forwarded = new Forwarded(ForwardedConfiguration.DEFAULT);
    private Set<String> ownCookies = Set.of();

    @Benchmark
    public @Nullable String check() {
        return RequestCheck.fault(clientRequest);
    }

    @Benchmark
    public Object targetRequest() {
        return Headers.targetRequest(
                clientRequest, "10.0.0.11:8080", "/articles?page=2", null, null, forwarded, ownCookies);
    }
}
