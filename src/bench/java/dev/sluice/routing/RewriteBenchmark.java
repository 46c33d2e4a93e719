package dev.sluice.routing;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The cost of rewriting a path for the target request, and of rewriting Location back. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RewriteBenchmark {

    private final Rule<String> plain = new Rule<>("/shop", "", "group");
    private final Rule<String> rewriting = new Rule<>("/shop", "/shop", "group");
    private String path = "/shop/articles/1234/picture.png";
    private String targetPath = "/v1/articles/1234/picture.png";
    private String basePath = "/v1";
    private String noBasePath = "";

    @Benchmark
    public String nothing() {
        return plain.rewrite(path, noBasePath);
    }

    @Benchmark
    public String prefixTakenOff() {
        return rewriting.rewrite(path, noBasePath);
    }

    @Benchmark
    public String prefixTakenOffAndBasePathPutInFront() {
        return rewriting.rewrite(path, basePath);
    }

    @Benchmark
    public Object back() {
        return rewriting.reverse(targetPath, basePath, path);
    }
}
