package dev.sluice.balance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.AlgorithmName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class WeightedRoundRobinTest {

    private final Algorithm algorithm = Algorithms.create(AlgorithmName.WEIGHTED);
    private final TestCandidate a = new TestCandidate("a", 5);
    private final TestCandidate b = new TestCandidate("b", 1);
    private final TestCandidate c = new TestCandidate("c", 1);
    private final List<TestCandidate> candidates = List.of(a, b, c);

    private String picks(int count, List<TestCandidate> candidates, Predicate<TestCandidate> eligible) {
        List<String> picks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            picks.add(requireNonNull(algorithm.pick(candidates, eligible)).name);
        }
        return String.join(" ", picks);
    }

    @Test
    void theHeavyOneIsSpreadAmongTheLight() {
        assertThat(picks(14, candidates, any -> true)).isEqualTo("a a b a c a a a a b a c a a");
    }

    @Test
    void equalWeightsAreATurnForEach() {
        List<TestCandidate> equal =
                List.of(new TestCandidate("a", 3), new TestCandidate("b", 3), new TestCandidate("c", 3));
        assertThat(picks(6, equal, any -> true)).isEqualTo("a b c a b c");
    }

    @Test
    void nothingIsPickedFromNothingOrFromWhatIsNotEligible() {
        assertThat(algorithm.<TestCandidate>pick(List.of(), any -> true)).isNull();
        assertThat(algorithm.pick(candidates, any -> false)).isNull();
        assertThat(picks(7, candidates, any -> true)).isEqualTo("a a b a c a a");
    }

    @Test
    void oneThatWasNotEligibleForLongComesBackWithoutABurst() {
        picks(7, candidates, any -> true);
        assertThat(picks(1000, candidates, candidate -> candidate != a)).startsWith("b c b c b c");
        assertThat(picks(7, candidates, any -> true)).isEqualTo("a a b a c a a");
    }

    @Test
    void oneThatWasGoneForLongComesBackWithoutABurst() {
        picks(7, candidates, any -> true);
        picks(1000, List.of(b, c), any -> true);
        String picks = picks(14, List.of(a, b, c), any -> true);
        assertThat(Collections.frequency(List.of(picks.split(" ")), "a")).isEqualTo(10);
        assertThat(picks).doesNotContain("a a a a a");
    }

    @Test
    void aChangeOfTheOthersKeepsTheTurn() {
        assertThat(picks(2, candidates, any -> true)).isEqualTo("a a");
        assertThat(picks(5, List.of(a, b, c), any -> true)).isEqualTo("b a c a a");
    }

    @Test
    void otherWeightsMakeNoBurst() {
        a.weight = 1000;
        b.weight = 1000;
        assertThat(picks(1, List.of(a, b), any -> true)).isEqualTo("a");
        a.weight = 1;
        b.weight = 1;
        assertThat(picks(8, List.of(b, a), any -> true)).isEqualTo("b b b a b a b a");
    }

    @Test
    void aHeavyOneThatLeavesMakesNoBurstOfAnother() {
        a.weight = 1000;
        assertThat(picks(335, candidates, any -> true)).endsWith("a b"); // and c would be next
        assertThat(picks(8, List.of(b, c), any -> true)).isEqualTo("c c b c b c b c");
    }
}
