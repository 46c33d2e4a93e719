package dev.sluice.forward.connection;

import java.nio.ByteBuffer;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Buffers outside the heap for response bodies: what is read into one from a target's connection may be written to the
 * client's without being copied. Each buffer has one owner at a time, who gives it back, or gives it up where a host
 * may never be done with it. Thread-safe.
 */
public final class BodyBuffers {

    /** Bytes. */
    private static final int SMALL = ConnectionPool.WINDOW;

    private static final int LARGE = 4 * ConnectionPool.WINDOW;

    /** Bytes; applies to small buffers and to large ones separately. */
    private static final int MAX_IDLE_BYTES = 8 * 1024 * 1024;

    private static final int MAX_LARGE = MAX_IDLE_BYTES / LARGE;

    private static final BlockingDeque<ByteBuffer> IDLE_SMALL = new LinkedBlockingDeque<>(MAX_IDLE_BYTES / SMALL);
    private static final BlockingDeque<ByteBuffer> IDLE_LARGE = new LinkedBlockingDeque<>(MAX_LARGE);
    private static final Semaphore MORE_LARGE = new Semaphore(MAX_LARGE);

    private BodyBuffers() {}

    /**
     * Takes an empty buffer, which the caller owns from now on: the one that was given back last, as the likeliest to
     * be in a processor's cache.
     *
     * @param large whether a large buffer would be of use; there are few of them
     */
    static ByteBuffer take(boolean large) {
        ByteBuffer taken = large ? takeLarge() : null;
        if (taken == null) {
            taken = IDLE_SMALL.pollFirst();
        }
        return taken == null ? ByteBuffer.allocateDirect(SMALL) : taken.clear();
    }

    private static @Nullable ByteBuffer takeLarge() {
        ByteBuffer idle = IDLE_LARGE.pollFirst();
        if (idle != null || !MORE_LARGE.tryAcquire()) {
            return idle;
        }
        try {
            return ByteBuffer.allocateDirect(LARGE);
        } catch (OutOfMemoryError e) {
            MORE_LARGE.release();
            return null;
        }
    }

    /** Returns a buffer for reuse. Nobody may read from it or write to it any more. */
    public static void giveBack(ByteBuffer buffer) {
        (isLarge(buffer) ? IDLE_LARGE : IDLE_SMALL).offerFirst(buffer);
    }

    /** Gives up a buffer that a host may still read from: it is left to the garbage collector. */
    public static void giveUp(ByteBuffer buffer) {
        if (isLarge(buffer)) {
            MORE_LARGE.release();
        }
    }

    private static boolean isLarge(ByteBuffer buffer) {
        return buffer.capacity() == LARGE;
    }
}
