package dev.sluice.watch;

import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads something again each second, on a thread of its own, and tells once that it has become something else, be it unreadable: when it was
 * the same for two looks, for what is being written changes. It goes by the content, which says the same whether a file is written to, is
 * replaced, or is reached by a symbolic link that changes, as a mounted ConfigMap of Kubernetes is. Safe for use by many threads.
 *
 * @param <C> what is read, with equals
 */
public final class Watch<C> implements AutoCloseable {

    private static final long LOOK_MILLIS = 1000;
    private static final long PATIENCE_SECONDS = 5;

    /** How it is read. */
    @FunctionalInterface
    public interface Source<C> {
        C read() throws Exception;
    }

    /** Who is told, on the watch's thread. What is thrown is handed to that thread's handler, and changes nothing else. */
    public interface Observer<C> {

        void changed(C content);

        void unreadable(Throwable cause);
    }

    private final Source<C> source;
    private final Observer<C> observer;
    private final ScheduledExecutorService thread;
    private Look<C> told;
    private Look<C> seen;

    /** One of both is null. */
    private record Look<C>(@Nullable C content, @Nullable Throwable failure) {

        boolean isLike(Look<C> other) {
            return Objects.equals(content, other.content)
                    && Objects.equals(String.valueOf(failure), String.valueOf(other.failure));
        }
    }

    private Watch(String name, C known, Source<C> source, Observer<C> observer) {
        this.source = source;
        this.observer = observer;
        this.told = new Look<>(known, null);
        this.seen = told;
        this.thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread daemon = new Thread(task, name);
            daemon.setDaemon(true);
            return daemon;
        });
    }

    /**
     * Begins.
     *
     * @param thread the name of its thread
     * @param known what is known already, of which nobody is told
     */
    public static <C> Watch<C> start(String thread, C known, Source<C> source, Observer<C> observer) {
        return start(thread, known, source, observer, LOOK_MILLIS);
    }

    static <C> Watch<C> start(String thread, C known, Source<C> source, Observer<C> observer, long lookMillis) {
        Watch<C> watch = new Watch<>(thread, known, source, observer);
        watch.thread.scheduleWithFixedDelay(watch::look, lookMillis, lookMillis, TimeUnit.MILLISECONDS);
        return watch;
    }

    /** Looks soon, and tells what is there whether it has changed or not: it is said to be complete. Does nothing once it is closed. */
    public void lookNow() {
        try {
            thread.execute(() -> tell(read()));
        } catch (RejectedExecutionException e) {
            // it is closed
        }
    }

    private void look() {
        Look<C> now = read();
        boolean isComplete = now.isLike(seen);
        seen = now;
        if (isComplete && !now.isLike(told)) {
            tell(now);
        }
    }

    private Look<C> read() {
        try {
            return new Look<>(source.read(), null);
        } catch (Exception | Error e) { // which would end the repetition
            return new Look<>(null, e);
        }
    }

    private void tell(Look<C> now) {
        told = now;
        seen = now;
        try {
            if (now.content != null) {
                observer.changed(now.content);
            } else if (now.failure != null) {
                observer.unreadable(now.failure);
            }
        } catch (RuntimeException | Error e) { // likewise
            Thread.currentThread().getUncaughtExceptionHandler().uncaughtException(Thread.currentThread(), e);
        }
    }

    /** Ends it. Whoever is being told is interrupted, and waited for as long as that takes, but for a few seconds at most. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            thread.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
