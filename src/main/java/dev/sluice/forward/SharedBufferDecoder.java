package dev.sluice.forward;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.impl.nio.ChunkDecoder;
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
    private @Nullable IOException failure; // after what was read before it

    SharedBufferDecoder(ContentDecoder decoder) {
        this.decoder = decoder;
    }

    @Override
    public int read(ByteBuffer unused) throws IOException {
        if (failure != null) {
            throw failure;
        }
        ByteBuffer buffer = BUFFER.get().clear();
        int length = decoder.read(buffer);
        if (length > 0 && (!begun || decoder instanceof ChunkDecoder)) {
            readOn(buffer);
        }
        begun = true;
        filled = !buffer.hasRemaining();
        buffer.flip();
        return length < 0 ? length : buffer.limit();
    }

    /** What comes with the head, and all chunks, go through HttpCore's small buffer first. */
    private void readOn(ByteBuffer buffer) {
        try {
            int length = 1;
            while (length > 0 && buffer.hasRemaining() && !decoder.isCompleted()) {
                length = decoder.read(buffer);
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    /** What the last call of {@link #read} has read, until the thread reads again. */
    ByteBuffer content() {
        return BUFFER.get();
    }

    /** Whether there may be more than the last call of {@link #read} has read, be it a failure. */
    boolean mayHaveMore() {
        return failure != null || (filled && !isCompleted());
    }

    /** Not before its failure is told: HttpCore's decoders count as completed with that. */
    @Override
    public boolean isCompleted() {
        return failure == null && decoder.isCompleted();
    }

    @Override
    public @Nullable List<? extends Header> getTrailers() {
        return decoder.getTrailers();
    }
}
