package dev.sluice.forward;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.nio.ContentDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Reads an answer's body into a large buffer that a thread has for all its connections, where each would have to have one of its own. That of
 * HttpCore stays empty: HttpCore only counts what was read. Called by one thread at a time.
 */
final class SharedBufferDecoder implements ContentDecoder {

    private static final ThreadLocal<ByteBuffer> BUFFER =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(ConnectionPool.WINDOW));

    private final ContentDecoder decoder;
    private boolean begun;
    private boolean filled;

    SharedBufferDecoder(ContentDecoder decoder) {
        this.decoder = decoder;
    }

    @Override
    public int read(ByteBuffer unused) throws IOException {
        ByteBuffer buffer = BUFFER.get().clear();
        int length = decoder.read(buffer);
        filled = !begun || !buffer.hasRemaining(); // at first only what came with the head is read
        begun = true;
        buffer.flip();
        return length;
    }

    /** What the last call of {@link #read} has read, until the thread reads again. */
    ByteBuffer content() {
        return BUFFER.get();
    }

    /** Whether the last call of {@link #read} has found so much that there may be more. */
    boolean mayHaveMore() {
        return filled && !decoder.isCompleted();
    }

    @Override
    public boolean isCompleted() {
        return decoder.isCompleted();
    }

    @Override
    public @Nullable List<? extends Header> getTrailers() {
        return decoder.getTrailers();
    }
}
