package dev.sluice.balance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.AlgorithmName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Simulates random requests with a clock and a random seed of its own, so that every run is the same. */
class SimulationTest {

    private static final long MILLISECOND = 1_000_000;
    private static final long SECOND = 1_000 * MILLISECOND;

    private final Random random = new Random(42);
    private long now = 1;

    /** A target whose response time depends only on when the request arrives, not on how many it has. */
    private final class Server {
        final TestCandidate candidate;
        final LongUnaryOperator latency; // by the time of the request; nanoseconds
        double failures; // the fraction of requests that fail

        Server(String name, LongUnaryOperator latency) {
            this.candidate = new TestCandidate(name, 1, () -> now);
            this.latency = latency;
        }
    }

    private record Answer(long at, Server server, long took) {}

    private record Request(long at, String server, long took) {}

    private Server server(String name, long latencyMillis) {
        return new Server(name, time -> latencyMillis * MILLISECOND);
    }

    /** Makes requests in a Poisson process. Returns those that were made. */
    private List<Request> run(AlgorithmName name, long seconds, int requestsPerSecond, Server... servers) {
        Algorithm algorithm = Algorithms.create(name, random::nextInt);
        List<TestCandidate> candidates =
                Arrays.stream(servers).map(server -> server.candidate).toList();
        PriorityQueue<Answer> answers = new PriorityQueue<>((one, other) -> Long.compare(one.at, other.at));
        List<Request> requests = new ArrayList<>();
        long end = now + seconds * SECOND;
        while (now < end) {
            long next = now + (long) (-Math.log(1 - random.nextDouble()) * SECOND / requestsPerSecond);
            for (Answer answer = answers.peek(); answer != null && answer.at <= next; answer = answers.peek()) {
                answers.remove();
                now = answer.at;
                answer.server.candidate.inFlight.decrementAndGet();
                if (random.nextDouble() < answer.server.failures) {
                    answer.server.candidate.responseTime().observeFailure(answer.took);
                } else {
                    answer.server.candidate.responseTime().observe(answer.took);
                }
            }
            now = next;
            TestCandidate picked = requireNonNull(algorithm.pick(candidates, any -> true));
            Server server = servers[candidates.indexOf(picked)];
            long took = server.latency.applyAsLong(now);
            picked.inFlight.incrementAndGet();
            picked.responseTime().tried(now);
            answers.add(new Answer(now + took, server, took));
            requests.add(new Request(now, picked.name, took));
        }
        return requests;
    }

    private static double share(List<Request> requests, String server) {
        return (double) requests.stream()
                        .filter(request -> request.server.equals(server))
                        .count()
                / requests.size();
    }

    private static double share(List<Request> requests, String server, long from, long to) {
        return share(
                requests.stream()
                        .filter(request -> from <= request.at && request.at < to)
                        .toList(),
                server);
    }

    private static long p99(List<Request> requests) {
        return requests.stream()
                .mapToLong(Request::took)
                .sorted()
                .skip(requests.size() * 99L / 100)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theTailOfOneSlowTargetIsGone() {
        long roundRobin =
                p99(run(AlgorithmName.ROUND_ROBIN, 60, 1_000, server("a", 5), server("b", 5), server("slow", 100)));
        List<Request> requests = run(AlgorithmName.LRT, 60, 1_000, server("a", 5), server("b", 5), server("slow", 100));
        assertThat(roundRobin).isEqualTo(100 * MILLISECOND);
        assertThat(p99(requests)).isLessThanOrEqualTo(roundRobin / 4);
        assertThat(share(requests, "a")).isBetween(0.45, 0.55);
        assertThat(share(requests, "slow")).isBetween(0.0001, 0.01); // but it is tried
    }

    @Test
    void leastOutstandingRequestsAvoidsASlowTargetTooAsFarAsItsQueueTells() {
        List<Request> requests = run(
                AlgorithmName.LEAST_OUTSTANDING_REQUESTS,
                60,
                1_000,
                server("a", 5),
                server("b", 5),
                server("slow", 100));
        assertThat(share(requests, "slow")).isBetween(0.01, 0.06);
    }

    @Test
    void aTargetThatTurnsSlowLosesAndOneThatRecoversRegainsItsShareWithin15Seconds() {
        long start = now;
        Server changing = new Server(
                "changing",
                time -> (start + 20 * SECOND <= time && time < start + 40 * SECOND ? 100 : 5) * MILLISECOND);
        List<Request> requests = run(AlgorithmName.LRT, 80, 500, server("a", 5), server("b", 5), changing);
        assertThat(share(requests, "changing", start, start + 20 * SECOND)).isBetween(0.28, 0.38);
        assertThat(share(requests, "changing", start + 21 * SECOND, start + 40 * SECOND))
                .isLessThan(0.02);
        assertThat(share(requests, "changing", start + 55 * SECOND, start + 80 * SECOND))
                .isBetween(0.28, 0.38);
    }

    @Test
    void aTargetThatFailsFastDoesNotAttractMoreThanItsShare() {
        Server failing = server("failing", 1);
        failing.failures = 1;
        List<Request> requests = run(AlgorithmName.LRT, 60, 500, server("a", 20), server("b", 20), failing);
        assertThat(share(requests, "failing")).isBetween(0.0005, 0.05);
    }

    /** Whether hardly any request comes, or so many that each of the others has dozens in flight. */
    @ParameterizedTest
    @ValueSource(ints = {2, 10, 100, 1_000})
    void aTargetThatFailsFastAttractsNothingHoweverManyRequestsCome(int requestsPerSecond) {
        Server failing = server("failing", 1);
        failing.failures = 1;
        List<Request> requests =
                run(AlgorithmName.LRT, 60, requestsPerSecond, server("a", 100), server("b", 100), failing);
        assertThat(share(requests, "failing")).isBetween(0.0005, 0.1);
    }

    @Test
    void aFewFailuresChangeLittle() {
        Server failing = server("failing", 5);
        failing.failures = 0.001;
        List<Request> requests = run(AlgorithmName.LRT, 60, 1_000, server("a", 5), server("b", 5), failing);
        assertThat(share(requests, "failing")).isBetween(0.15, 0.35);
    }

    @Test
    void failuresThatAllTargetsHaveDoNotHideASlowOne() {
        Server[] servers = {server("a", 5), server("b", 5), server("slow", 100)};
        for (Server server : servers) {
            server.failures = 0.001;
        }
        List<Request> requests = run(AlgorithmName.LRT, 60, 1_000, servers);
        assertThat(share(requests, "slow")).isLessThan(0.01);
    }

    @ParameterizedTest
    @EnumSource
    void nobodyStarves(AlgorithmName name) {
        List<Request> requests =
                run(name, 60, 200, server("a", 2), server("b", 5), server("c", 10), server("d", 40), server("e", 200));
        for (String server : List.of("a", "b", "c", "d", "e")) {
            assertThat(share(requests, server)).as(server).isPositive();
        }
    }

    /** Under a light load, the targets differ only in their response times. */
    @Test
    void oneRequestAfterAnotherGoesToTheQuickTarget() {
        List<Request> requests = run(AlgorithmName.LRT, 60, 5, server("quick", 5), server("slow", 100));
        assertThat(share(requests, "quick")).isGreaterThan(0.9);
    }
}
