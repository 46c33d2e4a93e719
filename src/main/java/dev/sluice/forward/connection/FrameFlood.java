package dev.sluice.forward.connection;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Notices that a target floods its HTTP/2 connection with frames that move nothing. HttpCore reads for as long as
 * something comes, and keeps a reply to each PING and SETTINGS until the target takes it: one target would get a reactor
 * for itself, and all memory. Frames are received by one thread at a time, and sent by any.
 */
final class FrameFlood {

    private static final int MOST = 1000; // a second
    private static final long SECOND_NANOS = 1_000_000_000;

    /** Bytes that are sent, for each frame that may come for them. Go sends two WINDOW_UPDATEs for every 4 KiB. */
    private static final int BYTES_PER_FRAME = 256;

    private static final int MOST_EXPECTED = 100_000;

    private final AtomicInteger expected = new AtomicInteger(); // frames that may still come for what was sent
    private long secondBegan = System.nanoTime();
    private int frames; // in the current second, without those that were expected

    /**
     * A frame was received that may have come for what was sent: a WINDOW_UPDATE, or a PING, as Go's targets of gRPC send
     * to learn how much may be under way to them. Returns whether it is one too many.
     */
    boolean receivedForSent() {
        if (expected.get() > 0) {
            expected.decrementAndGet();
            return false;
        }
        return received();
    }

    /** Another frame was received that moves nothing. Returns whether it is one too many. */
    boolean received() {
        long now = System.nanoTime();
        if (now - secondBegan > SECOND_NANOS) {
            secondBegan = now;
            frames = 0;
        }
        return ++frames > MOST;
    }

    /**
     * A frame was sent, for which the target opens the windows of its stream and of the connection, maybe bit by bit, and
     * may send a PING.
     *
     * @param length in bytes
     */
    void sent(int length) {
        if (expected.get() < MOST_EXPECTED) {
            expected.addAndGet(3 + length / BYTES_PER_FRAME);
        }
    }
}
