package dev.sluice.forward.connection;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.Header;

/** Determines where a response's body ends (RFC 9112 section 6.3). Called by one thread at a time. */
interface Framing {

    /**
     * The framing of a body.
     *
     * @param length in bytes, or a constant of {@link ContentLengthStrategy}
     */
    static Framing of(long length) {
        return length == ContentLengthStrategy.CHUNKED ? new Chunks() : new Length(length);
    }

    /**
     * Removes everything from the received bytes that is not the body's data, which is between the buffer's position
     * and limit afterwards.
     *
     * @return the number of bytes that came after the body's end
     * @throws IOException if the framing is malformed; the data before the fault is still in the buffer
     */
    int strip(ByteBuffer bytes) throws IOException;

    /** Whether the body's end has been received. */
    boolean isWhole();

    /**
     * Called when the connection has ended.
     *
     * @throws ConnectionClosedException if the body is incomplete
     */
    void end() throws ConnectionClosedException;

    /** The trailers of a complete body; empty if there are none. */
    default List<Header> trailers() {
        return List.of();
    }

    /** A body of a stated length, or one that ends with the connection. */
    final class Length implements Framing {

        private long left; // negative if the body ends with the connection

        Length(long length) {
            this.left = length;
        }

        @Override
        public int strip(ByteBuffer bytes) {
            if (left < 0) {
                return 0;
            }
            int length = (int) Math.min(left, bytes.remaining());
            int behind = bytes.remaining() - length;
            bytes.limit(bytes.position() + length);
            left -= length;
            return behind;
        }

        @Override
        public boolean isWhole() {
            return left == 0;
        }

        @Override
        public void end() throws ConnectionClosedException {
            if (left > 0) {
                throw new ConnectionClosedException("closed before the last " + left + " bytes of the response");
            }
        }
    }
}
