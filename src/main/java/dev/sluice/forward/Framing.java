package dev.sluice.forward;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.Header;

/** What tells where an answer's body ends (RFC 9112 section 6.3). Called by one thread at a time. */
interface Framing {

    /**
     * That of a body.
     *
     * @param length in bytes, or what {@link ContentLengthStrategy} says of others
     */
    static Framing of(long length) {
        return length == ContentLengthStrategy.CHUNKED ? new Chunks() : new Length(length);
    }

    /**
     * Takes out of what has come what is not data of the body: those are between the buffer's position and its limit afterwards.
     *
     * @return how many bytes there are that came behind the body's end
     * @throws IOException if it is not framed as it should be; data that came before that are there still
     */
    int strip(ByteBuffer bytes) throws IOException;

    /** Whether its end has come. */
    boolean isWhole();

    /**
     * The connection has ended.
     *
     * @throws ConnectionClosedException if the body has not
     */
    void end() throws ConnectionClosedException;

    /** What came behind a whole body; empty for none. */
    default List<Header> trailers() {
        return List.of();
    }

    /** Of that many bytes, or as many as come before the connection ends. */
    final class Length implements Framing {

        private long left; // negative if that is not said

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
                throw new ConnectionClosedException("closed before the last " + left + " bytes of the answer");
            }
        }
    }
}
