package dev.sluice.forward;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a target has got of a request's body, kept so that another target can get it, too. Guarded by the exchange's
 * monitor.
 */
final class Replay {

    private static final int MAX_BYTES = 64 * 1024;

    private boolean begun; // whether a target has got any of it
    private @Nullable ByteArrayOutputStream kept; // what it has got; null if not, or no longer, kept

    /** @param length of the body in bytes; -1 if it is unknown */
    Replay(boolean keeps, long length) {
        this.kept = keeps && length <= MAX_BYTES ? new ByteArrayOutputStream() : null;
    }

    /** Whether another target can get the body: none has got any of it, or all that one has got is kept. */
    boolean isPossible() {
        return !begun || isKept();
    }

    boolean isKept() {
        return kept != null;
    }

    /** A target is about to get some of the body, whether it takes that or not. */
    void begin() {
        begun = true;
    }

    /** Adds what the target has just taken. */
    void add(byte[] bytes, int begin, int length) {
        if (kept != null && kept.size() + length <= MAX_BYTES) {
            kept.write(bytes, begin, length);
        } else {
            kept = null;
        }
    }

    /** Starts over: returns what a target has got, or null if none has begun. Only if it is possible. */
    @Nullable
    ByteBuffer rewind() {
        if (!begun || kept == null) {
            return null;
        }
        ByteBuffer taken = ByteBuffer.wrap(kept.toByteArray());
        kept.reset();
        begun = false;
        return taken;
    }
}
