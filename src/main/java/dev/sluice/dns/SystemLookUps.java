package dev.sluice.dns;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Asks the system (hosts file, directory, local network), which takes a thread for as long as it takes, and may hang.
 * Safe for use by many threads.
 */
final class SystemLookUps {

    /** What the system answers later, the JVM keeps for the next look-up. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Executor blocking;
    private final ScheduledExecutorService timer;

    /** Those that the system has not answered yet. A name has one at most: if it hangs, it does not take more threads. */
    private final Map<String, CompletableFuture<List<InetAddress>>> unanswered = new ConcurrentHashMap<>();

    /**
     * @param blocking runs look-ups that block
     * @param timer runs short tasks
     */
    SystemLookUps(Executor blocking, ScheduledExecutorService timer) {
        this.blocking = blocking;
        this.timer = timer;
    }

    /** All addresses known to the system; empty if it knows none, or does not answer in time. */
    CompletableFuture<List<InetAddress>> addresses(String name) {
        CompletableFuture<List<InetAddress>> asked =
                unanswered.computeIfAbsent(name, absent -> CompletableFuture.supplyAsync(() -> ask(name), blocking));
        asked.whenComplete((found, failure) -> unanswered.remove(name, asked));
        CompletableFuture<List<InetAddress>> inTime = asked.copy();
        Future<?> end = timer.schedule(() -> inTime.complete(List.of()), TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        inTime.whenComplete((found, failure) -> end.cancel(false));
        return inTime;
    }

    private static List<InetAddress> ask(String name) {
        try {
            return List.of(InetAddress.getAllByName(name));
        } catch (UnknownHostException e) {
            return List.of();
        }
    }
}
