package dev.sluice.routing;

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

/** The cost of finding a request's rule, by the number of rules. Their prefixes have one to ten segments. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RulesBenchmark {

    private static final int SEGMENTS = 10;

    @Param({"1", "10", "1000"})
    private int count;

    private Rules<String> rules;
    private String shallow;
    private String deep;
    private String ambiguous;

    @Setup
    public void setUp() {
        rules = Rules.of(
                IntStream.range(0, count).mapToObj(RulesBenchmark::rule).toList());
        shallow = "/rule-0000/index.html";
        deep = "/rule-0000" + "/x".repeat(SEGMENTS) + "/index.html";
        ambiguous = "/rule-0000/x/%2e%2e/a%20name;v=1/index.html";
    }

    private static Rule<String> rule(int number) {
        return new Rule<>("/rule-%04d".formatted(number) + "/x".repeat(number % SEGMENTS), "", "group");
    }

    /** Matches a rule with one of the shortest prefixes. */
    @Benchmark
    public @Nullable Object shortPath() {
        return rules.match(shallow);
    }

    /** Every longer prefix is looked up in vain before the rule is found. */
    @Benchmark
    public @Nullable Object longPath() {
        return rules.match(deep);
    }

    /** Escapes and dot segments are read in every way that a target might read them. */
    @Benchmark
    public @Nullable Object pathWithEscapes() {
        return rules.match(ambiguous);
    }

    @Benchmark
    public @Nullable Object noRule() {
        return rules.match("/other/index.html");
    }
}
