package dev.sluice.forward.connection;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Notices that a target floods its HTTP/2 connection with frames that move nothing. HttpCore reads for as long as
 * something comes, and keeps a reply to each PING and SETTINGS until the target takes it: one target would get a reactor
 * for itself, and all memory. Frames are received by one thread at a time, and sent by any.
 */
final class FrameFlood {

    private static final int MOST = 1000; // a second
    private static final int MOST_AHEAD = 100_000; // that what was sent gives the target a right to
    private static final int BYTES = 256; // sent, for each frame that may come; Go opens two windows per 4 KiB
    private static final long SECOND_NANOS = 1_000_000_000;

    private long secondBegan = System.nanoTime();
    private final AtomicInteger frames = new AtomicInteger(); // in the current second; below 0 if some may still come

    /** A frame was received that moves nothing. Returns whether it is one too many. */
    boolean received() {
        long now = System.nanoTime();
        if (now - secondBegan > SECOND_NANOS) {
            secondBegan = now;
            frames.updateAndGet(before -> Math.min(before, 0));
        }
        return frames.incrementAndGet() > MOST;
    }

    /**
     * A frame was sent, for which the target opens the windows of its stream and of the connection, maybe piece by piece.
     *
     * @param length in bytes
     */
    void sent(int length) {
        if (frames.get() > -MOST_AHEAD) {
            frames.addAndGet(-2 - length / BYTES);
        }
    }
}
