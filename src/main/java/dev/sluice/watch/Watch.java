package dev.sluice.watch;

import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Rereads a source every second, on its own thread, and reports once when its content has changed or cannot be read. A
 * change is reported after two equal reads, as content still being written changes between reads. Comparing content
 * works whether a file is overwritten, replaced, or reached by a symbolic link that is switched, as in a mounted
 * Kubernetes ConfigMap. Safe for use by many threads.
 *
 * @param <C> the content; must implement equals
 */
public final class Watch<C> implements AutoCloseable {

    private static final long LOOK_MILLIS = 1000;
    private static final long PATIENCE_SECONDS = 5;

    /** Reads the content. */
    @FunctionalInterface
    public interface Source<C> {
        C read() throws Exception;
    }

    /**
     * Called on the watch's thread. What it throws goes to that thread's uncaught exception handler; the watch
     * continues.
     */
    public interface Observer<C> {

        void changed(C content);

        void unreadable(Throwable cause);
    }

    private final Source<C> source;
    private final Observer<C> observer;
    private final ScheduledExecutorService thread;
    private Look<C> told;
    private Look<C> seen;

    /** Exactly one of the two is null. */
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
     * Starts a watch.
     *
     * @param thread the name of its thread
     * @param known the content known already, which is not reported
     */
    public static <C> Watch<C> start(String thread, C known, Source<C> source, Observer<C> observer) {
        return start(thread, known, source, observer, LOOK_MILLIS);
    }

    static <C> Watch<C> start(String thread, C known, Source<C> source, Observer<C> observer, long lookMillis) {
        Watch<C> watch = new Watch<>(thread, known, source, observer);
        watch.thread.scheduleWithFixedDelay(watch::look, lookMillis, lookMillis, TimeUnit.MILLISECONDS);
        return watch;
    }

    /**
     * Reads again soon and reports the result, changed or not: the caller vouches that it is complete. A no-op once
     * closed.
     */
    public void lookNow() {
        try {
            thread.execute(() -> tell(read()));
        } catch (RejectedExecutionException e) {
            // closed
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
        } catch (Exception | Error e) { // would end the repetition
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

    /** Stops the watch. Interrupts a report in progress and waits for it, up to a few seconds. */
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
