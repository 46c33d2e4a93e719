package dev.sluice.balance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.config.AlgorithmName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the two algorithms that choose between two candidates have in common, and how they differ. */
class TwoChoicesTest {

    private static final int PICKS = 100_000;

    private final Random random = new Random(1);

    private Algorithm algorithm(AlgorithmName name) {
        return Algorithms.create(name, random::nextInt);
    }

    private static List<TestCandidate> candidates(int count) {
        return candidates(count, 1);
    }

    private static List<TestCandidate> candidates(int count, int weight) {
        return IntStream.range(0, count)
                .mapToObj(i -> new TestCandidate(Integer.toString(i), weight))
                .toList();
    }

    private static Map<String, Integer> picks(
            Algorithm algorithm, List<TestCandidate> candidates, Predicate<TestCandidate> eligible) {
        Map<String, Integer> picks = new HashMap<>();
        for (int i = 0; i < PICKS; i++) {
            picks.merge(requireNonNull(algorithm.pick(candidates, eligible)).name, 1, Integer::sum);
        }
        return picks;
    }

    /** The best of all would attract a herd: half of the pairs of four have the idle one. */
    @Test
    void theIdleOneOfManyIsPickedAsOftenAsItIsOneOfTwoAtRandom() {
        List<TestCandidate> candidates = candidates(4);
        candidates.subList(1, 4).forEach(candidate -> candidate.inFlight.set(1));
        assertThat(picks(algorithm(AlgorithmName.LEAST_OUTSTANDING_REQUESTS), candidates, any -> true)
                        .get("0"))
                .isCloseTo(PICKS / 2, within(PICKS / 50));
    }

    /** A target has its new weight before its group has other candidates. The request used to fail. */
    @ParameterizedTest
    @CsvSource({"LRT, 2", "LRT, 10", "LEAST_OUTSTANDING_REQUESTS, 2", "LEAST_OUTSTANDING_REQUESTS, 10"})
    void theWeightOfACandidateMayHaveBecomeZeroMeanwhile(AlgorithmName name, int count) {
        List<TestCandidate> candidates = candidates(count, 0);
        candidates.forEach(candidate -> candidate.inFlight.set(1));
        assertThat(algorithm(name).pick(candidates, any -> true)).isIn(candidates);
    }

    @ParameterizedTest
    @CsvSource({
        "LRT, 1",
        "LRT, 2",
        "LRT, 3",
        "LRT, 10",
        "LEAST_OUTSTANDING_REQUESTS, 1",
        "LEAST_OUTSTANDING_REQUESTS, 2",
        "LEAST_OUTSTANDING_REQUESTS, 3",
        "LEAST_OUTSTANDING_REQUESTS, 10"
    })
    void equalCandidatesArePickedEquallyOften(AlgorithmName name, int count) {
        Map<String, Integer> picks = picks(algorithm(name), candidates(count), any -> true);
        assertThat(picks).hasSize(count);
        assertThat(picks.values())
                .allSatisfy(n -> assertThat(n).isBetween(PICKS * 95 / 100 / count, PICKS * 105 / 100 / count));
    }

    @ParameterizedTest
    @EnumSource(names = {"LRT", "LEAST_OUTSTANDING_REQUESTS"})
    void onlyEligibleOnesArePickedAndEachAsOften(AlgorithmName name) {
        List<TestCandidate> candidates = candidates(100);
        Map<String, Integer> picks = picks(algorithm(name), candidates, candidate -> candidate.name.length() == 1);
        assertThat(picks).hasSize(10);
        assertThat(picks.values()).allSatisfy(n -> assertThat(n).isBetween(PICKS * 95 / 1000, PICKS * 105 / 1000));
    }

    @ParameterizedTest
    @EnumSource(names = {"LRT", "LEAST_OUTSTANDING_REQUESTS"})
    void nothingIsPickedFromNothingOrFromWhatIsNotEligible(AlgorithmName name) {
        assertThat(algorithm(name).<TestCandidate>pick(List.of(), any -> true)).isNull();
        assertThat(algorithm(name).pick(candidates(2), any -> false)).isNull();
        assertThat(algorithm(name).pick(candidates(20), any -> false)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"3, 1", "1, 3", "3, 2", "2, 3"})
    void whileNothingIsInFlightEachHasTheShareOfItsWeight(int first, int last) {
        List<TestCandidate> candidates = List.of(new TestCandidate("first", first), new TestCandidate("last", last));
        Map<String, Integer> picks =
                picks(algorithm(AlgorithmName.LEAST_OUTSTANDING_REQUESTS), candidates, any -> true);
        assertThat((double) requireNonNull(picks.get("first")) / PICKS)
                .isCloseTo((double) first / (first + last), within(0.01));
    }

    /** With a uniform draw, the heavy candidate would get at most two of n requests. */
    @ParameterizedTest
    @CsvSource({"4, 0.77", "10, 0.53", "100, 0.09"})
    void aHeavyOneAmongManyHasItsShareToo(int count, double share) {
        List<TestCandidate> candidates = new ArrayList<>(candidates(count - 1));
        candidates.add(new TestCandidate("heavy", 10));
        Map<String, Integer> picks =
                picks(algorithm(AlgorithmName.LEAST_OUTSTANDING_REQUESTS), List.copyOf(candidates), any -> true);
        assertThat((double) picks.getOrDefault("heavy", 0) / PICKS).isCloseTo(share, within(0.01));
    }

    @Test
    void theFewestInFlightByWeightIsPickedOfAllThree() {
        TestCandidate a = new TestCandidate("a", 1);
        TestCandidate b = new TestCandidate("b", 5);
        TestCandidate c = new TestCandidate("c", 1);
        a.inFlight.set(2);
        b.inFlight.set(4);
        c.inFlight.set(1);
        Algorithm algorithm = algorithm(AlgorithmName.LEAST_OUTSTANDING_REQUESTS);
        assertThat(algorithm.pick(List.of(a, b, c), any -> true)).isSameAs(b);
        b.inFlight.set(6);
        assertThat(algorithm.pick(List.of(a, b, c), any -> true)).isSameAs(c);
    }

    @Test
    void theQuickerByRequestsInFlightAndWeightIsPickedOfTwo() {
        TestCandidate quick = new TestCandidate("quick", 1);
        TestCandidate slow = new TestCandidate("slow", 1);
        quick.responseTime().observe(1_000_000);
        slow.responseTime().observe(10_000_000);
        Algorithm algorithm = algorithm(AlgorithmName.LRT);
        quick.inFlight.set(8);
        assertThat(algorithm.pick(List.of(quick, slow), any -> true)).isSameAs(quick);
        quick.inFlight.set(10);
        assertThat(algorithm.pick(List.of(quick, slow), any -> true)).isSameAs(slow);
        TestCandidate slowAndHeavy = new TestCandidate("heavy", 100);
        slowAndHeavy.responseTime().observe(10_000_000);
        quick.inFlight.set(0);
        assertThat(algorithm.pick(List.of(quick, slowAndHeavy), any -> true)).isSameAs(slowAndHeavy);
    }

    @Test
    void oneWithoutASampleIsTriedAtOnceButByOneRequest() {
        TestCandidate known = new TestCandidate("known", 1);
        known.responseTime().observe(1_000_000);
        known.inFlight.set(50);
        TestCandidate unknown = new TestCandidate("new", 1);
        Algorithm algorithm = algorithm(AlgorithmName.LRT);
        assertThat(algorithm.pick(List.of(known, unknown), any -> true)).isSameAs(unknown);
        unknown.inFlight.set(1);
        unknown.responseTime().tried(0);
        assertThat(algorithm.pick(List.of(known, unknown), any -> true)).isSameAs(known);
    }

    /** Its first request may be a long upload. It used to get no other for as long. */
    @Test
    void oneWhoseFirstRequestTakesLongIsTriedAgain() {
        AtomicLong clock = new AtomicLong();
        TestCandidate known = new TestCandidate("known", 1, clock::get);
        TestCandidate unknown = new TestCandidate("new", 1, clock::get);
        known.responseTime().observe(1_000_000);
        unknown.inFlight.set(1);
        unknown.responseTime().tried(0);
        clock.set(TimeUnit.SECONDS.toNanos(3));
        Algorithm algorithm = algorithm(AlgorithmName.LRT);
        assertThat(algorithm.pick(List.of(known, unknown), any -> true)).isSameAs(unknown);
        unknown.inFlight.set(2);
        unknown.responseTime().tried(clock.get());
        assertThat(algorithm.pick(List.of(known, unknown), any -> true)).isSameAs(known);
    }
}
