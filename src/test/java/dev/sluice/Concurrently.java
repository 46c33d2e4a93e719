package dev.sluice;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The same work on several threads at a time. */
public final class Concurrently {

    private Concurrently() {}

    /**
     * Returns what each thread has found, once all are done.
     *
     * @throws java.util.concurrent.ExecutionException the failure of one of them
     */
    public static <T> List<T> run(int threads, Callable<T> work) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<T> found = new ArrayList<>();
            for (Future<T> done : executor.invokeAll(Collections.nCopies(threads, work))) {
                found.add(done.get());
            }
            return found;
        } finally {
            executor.shutdownNow();
        }
    }
}
