package dev.sluice.forward;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is to read a request's body: one thread's at a time, which looks once more if others ask for that
 * meanwhile. Guarded by the monitor, which {@link #await} and {@link #afterwards} take themselves.
 */
final class ReadTurn {

    /** How long the reader is waited for at most: it could itself wait for a lock of the host's. */
    private static final long PATIENCE_MILLIS = 3000;

    private final Object monitor;
    private final long patienceMillis;

    private @Nullable Thread reader; // null if none reads
    private boolean asked; // whether it is to look once more
    private boolean awaited; // whether a thread waits until no other reads
    private @Nullable Runnable next; // runs once none reads

    /** @param monitor the exchange */
    ReadTurn(Object monitor) {
        this(monitor, PATIENCE_MILLIS);
    }

    ReadTurn(Object monitor, long patienceMillis) {
        this.monitor = monitor;
        this.patienceMillis = patienceMillis;
    }

    boolean isTaken() {
        return reader != null;
    }

    /** The calling thread reads from now on. Called only while none does. */
    void take() {
        reader = Thread.currentThread();
        asked = false;
    }

    /** If a thread reads, has it look once more. Returns false if none does. */
    boolean askReader() {
        asked = true; // take() forgets it
        return reader != null;
    }

    /** Whether the thread that reads has been asked to look once more; it is told so once. */
    boolean takeAsked() {
        boolean was = asked;
        asked = false;
        return was;
    }

    /**
     * No thread reads any more. Returns what the caller is to do then, without the monitor; null for nothing. Whoever
     * {@link #await waits} does it instead.
     */
    @Nullable
    Runnable end() {
        reader = null;
        if (awaited) {
            monitor.notifyAll();
            return null;
        }
        Runnable task = next;
        next = null;
        return task;
    }

    /** Runs a task when no thread reads: at once, or when the one that does is done. Called without the monitor. */
    void afterwards(Runnable task) {
        synchronized (monitor) {
            if (reader != null) {
                next = task;
                return;
            }
        }
        task.run();
    }

    /**
     * Waits until no other thread reads. Called, without the monitor, once the exchange has ended or failed, within the
     * call after which the host gives the request to another client: whatever reading then does to it, such as Tomcat's
     * 400 for a malformed chunk, would be done to that client. The same goes for what was to be done {@link #afterwards}.
     */
    void await() {
        long giveUp = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
        Runnable task;
        synchronized (monitor) {
            awaited = true;
            try {
                for (long left = patienceMillis;
                        left > 0 && reader != null && reader != Thread.currentThread();
                        left = TimeUnit.NANOSECONDS.toMillis(giveUp - System.nanoTime())) {
                    monitor.wait(left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // the host stops
            }
            awaited = false;
            task = reader == null ? end() : null;
        }
        if (task != null) {
            task.run();
        }
    }
}
