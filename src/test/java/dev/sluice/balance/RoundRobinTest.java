package dev.sluice.balance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Concurrently;
import dev.sluice.config.AlgorithmName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RoundRobinTest {

    private final Algorithm roundRobin = Algorithms.create(AlgorithmName.ROUND_ROBIN);

    @Test
    void eachCandidateHasItsTurn() {
        assertThat(picks(6, "a", "b", "c")).containsExactly("a", "b", "c", "a", "b", "c");
    }

    @Test
    void nothingIsPickedFromNothing() {
        assertThat(roundRobin.<TestCandidate>pick(List.of(), any -> true)).isNull();
    }

    @Test
    void theOnlyCandidateIsAlwaysPicked() {
        assertThat(picks(3, "a")).containsExactly("a", "a", "a");
    }

    @Test
    void aShorterListBeginsAnewWhereTheTurnHasGone() {
        assertThat(picks(2, "a", "b", "c")).containsExactly("a", "b");
        assertThat(picks(3, "a", "b")).containsExactly("a", "b", "a");
    }

    @Test
    void aLongerListGoesOnFromTheTurn() {
        assertThat(picks(1, "a", "b")).containsExactly("a");
        assertThat(picks(4, "a", "b", "c")).containsExactly("b", "c", "a", "b");
    }

    @Test
    void anEmptyListKeepsTheTurn() {
        assertThat(picks(1, "a", "b")).containsExactly("a");
        assertThat(roundRobin.<TestCandidate>pick(List.of(), any -> true)).isNull();
        assertThat(picks(1, "a", "b")).containsExactly("b");
    }

    @Test
    void manyThreadsTogetherPickEachCandidateEquallyOften() throws Exception {
        int threads = 8;
        int picksPerThread = 500_000;
        List<TestCandidate> candidates = candidates(5);
        AtomicIntegerArray picked = new AtomicIntegerArray(candidates.size());
        CyclicBarrier start = new CyclicBarrier(threads);
        Callable<Void> picking = () -> {
            int[] counts = new int[candidates.size()];
            start.await();
            for (int i = 0; i < picksPerThread; i++) {
                counts[Integer.parseInt(requireNonNull(roundRobin.pick(candidates, any -> true)).name)]++;
            }
            for (int i = 0; i < counts.length; i++) {
                picked.addAndGet(i, counts[i]);
            }
            return null;
        };
        Concurrently.run(threads, picking);
        int each = threads * picksPerThread / candidates.size();
        assertThat(IntStream.range(0, picked.length()).map(picked::get)).containsOnly(each);
    }

    @Test
    void aListThatKeepsChangingIsNeverLeft() {
        Random random = new Random(1);
        List<List<TestCandidate>> lists = IntStream.rangeClosed(1, 20)
                .mapToObj(RoundRobinTest::candidates)
                .toList();
        for (int i = 0; i < 1_000_000; i++) {
            assertThat(roundRobin.pick(lists.get(random.nextInt(lists.size())), any -> true))
                    .isNotNull();
        }
    }

    @Test
    void aTurnOfOneThatIsNotEligibleGoesToTheNext() {
        List<TestCandidate> candidates = candidates(3);
        List<String> picks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            picks.add(requireNonNull(roundRobin.pick(candidates, candidate -> !candidate.name.equals("1"))).name);
        }
        assertThat(picks).containsExactly("0", "2", "0", "2");
        assertThat(roundRobin.pick(candidates, any -> false)).isNull();
    }

    /**
     * If target 1 does not serve its requests, each moves on to another: over time, 0, 2 and 3 take over equal shares.
     */
    @Test
    void whatOneDoesNotServeIsSharedByAllOthers() {
        List<TestCandidate> candidates = candidates(4);
        Map<String, Integer> served = new TreeMap<>();
        for (int i = 0; i < 300; i++) {
            TestCandidate picked = requireNonNull(roundRobin.pick(candidates, any -> true));
            if (picked.name.equals("1")) {
                picked = requireNonNull(roundRobin.pick(candidates, candidate -> !candidate.name.equals("1")));
            }
            served.merge(picked.name, 1, Integer::sum);
        }
        assertThat(served).isEqualTo(Map.of("0", 100, "2", 100, "3", 100));
    }

    private static List<TestCandidate> candidates(int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> new TestCandidate(Integer.toString(number), 1))
                .toList();
    }

    private List<String> picks(int count, String... names) {
        List<TestCandidate> candidates =
                Arrays.stream(names).map(name -> new TestCandidate(name, 1)).toList();
        List<String> picks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            picks.add(requireNonNull(roundRobin.pick(candidates, any -> true)).name);
        }
        return picks;
    }
}
