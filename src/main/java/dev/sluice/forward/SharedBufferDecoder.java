package dev.sluice.forward;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
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
    private final Gate gate;
    private boolean begun;
    private @Nullable IOException failure; // after what was read before it

    /** @param decoder HttpCore's, which reads through the gate */
    SharedBufferDecoder(ContentDecoder decoder, Gate gate) {
        this.decoder = decoder;
        this.gate = gate;
    }

    @Override
    public int read(ByteBuffer unused) throws IOException {
        ByteBuffer buffer = BUFFER.get().clear();
        int length = 0;
        try {
            length = decoder.read(buffer);
            // What comes with the head, and all chunks, go through HttpCore's small buffer first.
            int more = begun && !(decoder instanceof ChunkDecoder) ? 0 : length;
            while (more > 0 && buffer.hasRemaining() && !decoder.isCompleted()) {
                more = decoder.read(buffer);
            }
        } catch (IOException e) {
            if (buffer.position() == 0) {
                throw e;
            }
            failure = e;
        }
        begun = true;
        gate.set(false);
        buffer.flip();
        return length < 0 ? length : buffer.limit();
    }

    /** What the last call of {@link #read} has read, until the thread reads again. */
    ByteBuffer content() {
        return BUFFER.get();
    }

    /** To be called when that was taken: what went wrong after it. */
    void throwFailure() throws IOException {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public boolean isCompleted() {
        return decoder.isCompleted();
    }

    @Override
    public @Nullable List<? extends Header> getTrailers() {
        return decoder.getTrailers();
    }

    /**
     * A connection's bytes, that may be read once in an event, into the buffer: HttpCore asks for more as long as it has something left of
     * a chunk, whatever the window.
     */
    static final class Gate implements ReadableByteChannel {

        private final ReadableByteChannel channel;
        private boolean open;

        Gate(ReadableByteChannel channel) {
            this.channel = channel;
        }

        void set(boolean open) {
            this.open = open;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            return open ? channel.read(target) : 0;
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
