package dev.sluice.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.AlgorithmName;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ForecastTest {

    private final TestCandidate a = new TestCandidate("a", 5);
    private final TestCandidate b = new TestCandidate("b", 1);
    private final TestCandidate c = new TestCandidate("c", 2);
    private final TestCandidate d = new TestCandidate("d", 1);
    private final List<TestCandidate> all = List.of(a, b, c, d);

    private static List<TestCandidate> next(Forecast<TestCandidate> forecast) {
        return forecast.standings().stream()
                .filter(Forecast.Standing::mayBeNext)
                .map(Forecast.Standing::candidate)
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsPickedWasForeseenAndForeseeingChangesNothing(AlgorithmName name) {
        Random chances = new Random(1);
        Algorithm asked = Algorithms.create(name, new Random(2)::nextInt);
        Algorithm left = Algorithms.create(name, new Random(2)::nextInt);
        for (int i = 0; i < 200; i++) {
            TestCandidate excluded = all.get(chances.nextInt(all.size()));
            Predicate<TestCandidate> eligible = candidate -> candidate != excluded;
            Forecast<TestCandidate> forecast = asked.forecast(all, eligible);
            assertThat(asked.forecast(all, eligible)).isEqualTo(forecast);
            assertThat(forecast.standings())
                    .extracting(Forecast.Standing::candidate)
                    .containsExactlyInAnyOrderElementsOf(
                            all.stream().filter(eligible).toList());
            TestCandidate picked = asked.pick(all, eligible);
            assertThat(next(forecast)).contains(picked);
            assertThat(left.pick(all, eligible)).isSameAs(picked);
            all.get(chances.nextInt(all.size())).inFlight.incrementAndGet();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ROUND_ROBIN", "WEIGHTED", "STICKY"})
    void whereATurnIsFixedOneIsNext(AlgorithmName name) {
        assertThat(next(Algorithms.create(name).forecast(all, candidate -> true)))
                .containsExactly(a);
    }

    @Test
    void ofFewTheLeastIsNext() {
        a.inFlight.set(6);
        b.inFlight.set(1);
        c.inFlight.set(2);
        Algorithm algorithm = Algorithms.create(AlgorithmName.LEAST_OUTSTANDING_REQUESTS);
        assertThat(next(algorithm.forecast(List.of(a, b, c), candidate -> true)))
                .containsExactly(b, c);
    }

    @ParameterizedTest
    @EnumSource(names = {"LRT", "LEAST_OUTSTANDING_REQUESTS"})
    void ofTwoThatAreDrawnTheWorstOfAllIsNeverNext(AlgorithmName name) {
        b.inFlight.set(9);
        assertThat(next(Algorithms.create(name).forecast(all, candidate -> true)))
                .containsExactly(a, c, d);
        assertThat(next(Algorithms.create(name).forecast(all, candidate -> candidate == b)))
                .containsExactly(b);
    }

    @ParameterizedTest
    @EnumSource
    void whereNoneIsEligibleNoneIsNext(AlgorithmName name) {
        assertThat(Algorithms.create(name).forecast(all, candidate -> false).standings())
                .isEmpty();
        assertThat(Algorithms.create(name)
                        .forecast(List.<TestCandidate>of(), candidate -> true)
                        .standings())
                .isEmpty();
    }
}
