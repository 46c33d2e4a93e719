package dev.sluice.forward;

import dev.sluice.forward.connection.BodyBuffers;
import dev.sluice.forward.connection.ConnectionPool;
import dev.sluice.forward.container.OwnJetty;
import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What has come of a response body and waits for the client. If the host is {@link OwnJetty}, a long piece goes out
 * from the buffer that it was read into, which is lent to the host meanwhile; any other is copied. Guarded by the
 * exchange's monitor.
 */
final class ResponseBuffer {

    /** Bytes. A shorter piece is copied: it would keep a whole buffer from others. */
    private static final int WORTH_KEEPING = 16 * 1024;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ServletOutputStream out;
    private final boolean lends;

    private long expected; // bytes of the whole body; negative if unknown
    private ByteBuffer waiting = NOTHING; // one of BodyBuffers if it is direct
    private @Nullable ByteBuffer lent; // one of BodyBuffers, lent to the host
    private ByteBuffer lentView = NOTHING; // the host's view of it: its own position, the same bytes

    /** @param isHttp1 whether the client speaks HTTP/1 */
    ResponseBuffer(ServletOutputStream out, boolean isHttp1) {
        this.out = out;
        this.lends = isHttp1 && OwnJetty.isBehind(out);
    }

    /** Whether buffers can be lent to the host. */
    boolean lends() {
        return lends;
    }

    /** @param length of the whole body in bytes; negative if it is unknown */
    void expect(long length) {
        expected = length;
    }

    /** Whether something waits. */
    boolean hasRemaining() {
        return waiting.hasRemaining();
    }

    /** How many bytes wait. */
    int remaining() {
        return waiting.remaining();
    }

    /** Whether the host has a buffer that must be {@link #takeBack taken back}. */
    boolean isLent() {
        return lent != null;
    }

    /**
     * Adds a piece of the body.
     *
     * @param mayKeep whether the buffer is one of {@link BodyBuffers} and may be kept
     * @return whether it was kept
     */
    boolean add(ByteBuffer source, boolean mayKeep) {
        int length = source.remaining();
        if (lends && mayKeep && length >= WORTH_KEEPING && !waiting.hasRemaining()) {
            waiting = source;
            return true;
        }
        if (waiting.capacity() - waiting.limit() < length) {
            grow(waiting.limit() + length);
        }
        int end = waiting.limit();
        waiting.limit(end + length).slice(end, length).put(source);
        return false;
    }

    /**
     * Makes room for the whole body, up to a window, if its length is known; else doubles the capacity. Makes room for
     * at least {@code least} bytes.
     */
    private void grow(int least) {
        long all = expected < 0 ? 2L * waiting.capacity() : Math.min(expected, ConnectionPool.WINDOW);
        ByteBuffer larger =
                ByteBuffer.allocate((int) Math.max(least, all)).put(waiting).flip();
        dropWaiting();
        waiting = larger;
    }

    /**
     * Writes everything that waits. The host must be ready, and must be ready again before anything else is written.
     *
     * @return the number of bytes
     */
    int write() throws IOException {
        ByteBuffer data = waiting;
        int length = data.remaining();
        waiting = NOTHING; // a host may keep what it is given until the client has it
        if (data.isDirect()) {
            lent = data;
            lentView = data.duplicate();
            OwnJetty.write(out, lentView);
        } else {
            out.write(data.array(), data.arrayOffset(), length);
        }
        return length;
    }

    /**
     * Takes back what was lent to the host, for reuse if the host has read it to its end. That the host is ready again
     * does not prove that: it may have failed and still be writing, and its client would then get bytes of another
     * response.
     */
    void takeBack() {
        if (lent != null) {
            if (lentView.position() == lent.limit()) {
                BodyBuffers.giveBack(lent);
            } else {
                BodyBuffers.giveUp(lent);
            }
            lent = null;
        }
    }

    /** Forgets what waits. */
    void dropWaiting() {
        if (waiting.isDirect()) {
            BodyBuffers.giveBack(waiting);
        }
        waiting = NOTHING;
    }
}
