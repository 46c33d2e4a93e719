package dev.sluice.forward;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.impl.BasicEntityDetails;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.jspecify.annotations.Nullable;

/**
 * A request's body on its way from the client to the target. It is read only as fast as the target takes it, one chunk at a time,
 * and not before the target has a connection and, where the client asked for that, has said 100 Continue.
 *
 * <p>Threads: the container's call the listener, the reactor's call {@link #send}; whoever finds the other side ready moves the data.
 * Everything here is guarded by the exchange's monitor.
 */
final class RequestBody implements ReadListener {

    private static final int CHUNK = 16 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Exchange exchange;
    private final ServletInputStream in;
    private final EntityDetails details;

    private ByteBuffer chunk = NOTHING;
    private @Nullable DataStreamChannel target;
    private boolean begun;
    private boolean discarding;
    private boolean over;
    private boolean sent;

    /** @param length in bytes, or -1 if it is not known */
    RequestBody(Exchange exchange, ServletInputStream in, long length) {
        this.exchange = exchange;
        this.in = in;
        this.details = new BasicEntityDetails(length, null);
    }

    EntityDetails details() {
        return details;
    }

    /** Whether reading it has begun: then no other attempt can send it. */
    boolean hasBegun() {
        return begun;
    }

    /** Whether all of it was read, or nothing more of it is wanted. */
    boolean isOver() {
        return over;
    }

    /** Whether the target got all of it. */
    boolean isSent() {
        return sent;
    }

    /** Whether the client is waited for. */
    boolean awaitsClient() {
        return begun && !over && !chunk.hasRemaining();
    }

    int unsentBytes() {
        return chunk.remaining();
    }

    /** The target has room. */
    void send(DataStreamChannel channel) {
        if (over || discarding) {
            return;
        }
        target = channel;
        begin();
    }

    private void begin() {
        if (begun) {
            move();
        } else {
            begun = true;
            chunk = ByteBuffer.allocate(CHUNK).limit(0);
            in.setReadListener(this); // makes the container call onDataAvailable
        }
    }

    /**
     * Reads the rest and throws it away: the answer is there already, and a client that is still sending would otherwise lose it to a
     * reset (RFC 9112 section 9.6). A client that waits for 100 Continue is not asked to begin.
     */
    void discard() {
        if (over) {
            return;
        }
        target = null;
        discarding = true;
        if (!begun && exchange.clientExpectsContinue()) {
            over = true;
        } else {
            begin();
        }
    }

    /** Nothing more of it can be had. */
    void abandon() {
        target = null;
        discarding = true;
        over = true;
    }

    @Override
    public void onDataAvailable() {
        synchronized (exchange) {
            if (!exchange.hasEnded()) {
                move();
            }
        }
        exchange.settle();
    }

    @Override
    public void onAllDataRead() {
        onDataAvailable();
    }

    @Override
    public void onError(Throwable cause) {
        exchange.requestBroken(cause);
    }

    private void move() {
        try {
            while (write() && read()) {}
            exchange.reconsiderPatience();
        } catch (IOException e) {
            exchange.readingFailed(e);
        }
    }

    /** Whether the chunk is gone: false if the target has no room, it will call {@link #send}. */
    private boolean write() {
        if (target == null) {
            chunk.position(chunk.limit());
        } else if (chunk.hasRemaining()) {
            try {
                target.write(chunk);
                if (chunk.hasRemaining()) {
                    target.requestOutput();
                    return false;
                }
            } catch (IOException e) {
                // The target takes no more. It may have answered already: its connection's reading side will tell.
                target = null;
                discarding = true;
                return write();
            }
        }
        return true;
    }

    /** Whether there is another chunk: false at the end, or if the client has sent no more yet, then the container will call. */
    private boolean read() throws IOException {
        if (over) {
            return false;
        }
        if (!in.isFinished()) {
            if (!in.isReady()) {
                return false;
            }
            int length = in.read(chunk.array());
            if (length >= 0) {
                chunk.position(0).limit(length);
                return true;
            }
        }
        over = true;
        if (target != null) {
            try {
                target.endStream();
                sent = true;
            } catch (IOException e) {
                target = null; // as above
            }
        }
        return false;
    }
}
