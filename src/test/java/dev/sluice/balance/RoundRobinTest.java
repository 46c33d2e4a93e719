package dev.sluice.balance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.AlgorithmName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
        assertThat(roundRobin.<String>pick(List.of())).isNull();
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
        assertThat(roundRobin.<String>pick(List.of())).isNull();
        assertThat(picks(1, "a", "b")).containsExactly("b");
    }

    @Test
    void manyThreadsTogetherPickEachCandidateEquallyOften() throws Exception {
        int threads = 8;
        int picksPerThread = 500_000;
        List<Integer> candidates = List.of(0, 1, 2, 3, 4);
        AtomicIntegerArray picked = new AtomicIntegerArray(candidates.size());
        CyclicBarrier start = new CyclicBarrier(threads);
        Callable<Void> picking = () -> {
            int[] counts = new int[candidates.size()];
            start.await();
            for (int i = 0; i < picksPerThread; i++) {
                counts[requireNonNull(roundRobin.pick(candidates))]++;
            }
            candidates.forEach(candidate -> picked.addAndGet(candidate, counts[candidate]));
            return null;
        };
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            for (Future<Void> done : executor.invokeAll(Collections.nCopies(threads, picking))) {
                done.get();
            }
        } finally {
            executor.shutdownNow();
        }
        int each = threads * picksPerThread / candidates.size();
        assertThat(candidates)
                .allSatisfy(candidate -> assertThat(picked.get(candidate)).isEqualTo(each));
    }

    @Test
    void aListThatKeepsChangingIsNeverLeft() {
        Random random = new Random(1);
        List<List<Integer>> lists = IntStream.rangeClosed(1, 20)
                .mapToObj(size -> IntStream.range(0, size).boxed().toList())
                .toList();
        for (int i = 0; i < 1_000_000; i++) {
            assertThat(roundRobin.pick(lists.get(random.nextInt(lists.size())))).isNotNull();
        }
    }

    private List<String> picks(int count, String... candidates) {
        List<String> picks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            picks.add(roundRobin.pick(List.of(candidates)));
        }
        return picks;
    }
}
