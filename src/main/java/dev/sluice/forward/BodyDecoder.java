package dev.sluice.forward;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.nio.ContentDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Reads an answer's body into one of {@link BodyBuffers}, which a connection only has while it is read. That of HttpCore stays empty: HttpCore
 * only counts what was read. Called by one thread at a time.
 */
final class BodyDecoder implements ContentDecoder {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ContentDecoder decoder;
    private final Gate gate;
    private boolean large;
    private boolean begun;
    private ByteBuffer content = NOTHING;
    private @Nullable IOException failure; // after what was read before it

    /** @param decoder of what frames the body, which reads through the gate */
    BodyDecoder(ContentDecoder decoder, Gate gate) {
        this.decoder = decoder;
        this.gate = gate;
    }

    @Override
    public int read(ByteBuffer unused) throws IOException {
        ByteBuffer buffer = BodyBuffers.take(large && gate.mayRead()); // what is here already is not so much
        int length;
        boolean hasRead = false;
        try {
            length = fill(buffer);
            hasRead = buffer.position() > 0;
        } finally {
            begun = true;
            gate.set(false);
            if (!hasRead) {
                BodyBuffers.giveBack(buffer);
            }
        }
        if (!hasRead) {
            return length;
        }
        content = buffer.flip();
        return content.limit();
    }

    private int fill(ByteBuffer buffer) throws IOException {
        int length = 0;
        try {
            length = decoder.read(buffer);
            // What comes with the head was read into HttpCore's small buffer.
            int more = begun ? 0 : length;
            while (more > 0 && buffer.hasRemaining() && !decoder.isCompleted()) {
                more = decoder.read(buffer);
            }
        } catch (IOException e) {
            if (buffer.position() == 0) {
                throw e;
            }
            failure = e;
        }
        return length;
    }

    /** What the last call of {@link #read} has read, if that was anything. */
    ByteBuffer content() {
        return content;
    }

    /**
     * To be called when that was taken.
     *
     * @param kept whether the buffer is somebody else's now
     * @param large whether the next may be a large one
     * @throws IOException what went wrong after it
     */
    void taken(boolean kept, boolean large) throws IOException {
        if (!kept) {
            BodyBuffers.giveBack(content);
        }
        content = NOTHING;
        this.large = large;
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
     * what it has read, whatever the window.
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

        boolean mayRead() {
            return open;
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
