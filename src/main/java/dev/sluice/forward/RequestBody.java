package dev.sluice.forward;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
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
 * Everything here is guarded by the exchange's monitor, but for the listener's registration: see {@link Exchange}.
 */
final class RequestBody implements ReadListener {

    private static final int CHUNK = 16 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Exchange exchange;
    private final HttpServletRequest clientRequest;
    private final EntityDetails details;

    private @Nullable ServletInputStream in;
    private @Nullable DataStreamChannel target;
    private ByteBuffer chunk = NOTHING;
    private boolean begun;
    private boolean discarding;
    private boolean sent;
    private boolean over;
    private @Nullable IOException readingFailure;

    RequestBody(Exchange exchange, HttpServletRequest clientRequest) {
        this.exchange = exchange;
        this.clientRequest = clientRequest;
        this.details = new BasicEntityDetails(clientRequest.getContentLengthLong(), null);
    }

    EntityDetails details() {
        return details;
    }

    /**
     * Lets the container tell when there is something to read. For a client that waits for 100 Continue this is what asks it to begin,
     * so it is put off until the target wants the body. Not to be called with the monitor held.
     */
    void listen() throws IOException {
        in = clientRequest.getInputStream();
        in.setReadListener(this);
    }

    boolean isListening() {
        return in != null;
    }

    /** Whether some of it was read: then no other attempt can send it. */
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
        return target != null && !over && !chunk.hasRemaining();
    }

    /** Null unless reading has failed. */
    @Nullable
    IOException readingFailure() {
        return readingFailure;
    }

    int unsentBytes() {
        return chunk.remaining();
    }

    /** The target has room. */
    void send(DataStreamChannel channel) {
        if (!over && !discarding) {
            target = channel;
            move();
        }
    }

    /**
     * Reads the rest and throws it away: the answer is there already, and a client that is still sending would otherwise lose it to a
     * reset (RFC 9112 section 9.6). A client that waits for 100 Continue is not asked to begin.
     */
    void discard() {
        if (!over) {
            target = null;
            discarding = true;
            if (in == null) {
                over = true;
            } else {
                move();
            }
        }
    }

    /** Nothing more of it can be had. */
    void abandon() {
        readingFailure = null;
        target = null;
        discarding = true;
        over = true;
    }

    /** @throws IOException what reading has thrown: only if the container sees it, it lets {@link #onError} answer */
    @Override
    public void onDataAvailable() throws IOException {
        IOException broken;
        synchronized (exchange) {
            if (exchange.hasEnded()) {
                return;
            }
            move();
            broken = readingFailure;
        }
        if (broken != null) {
            throw broken;
        }
        exchange.settle();
    }

    @Override
    public void onAllDataRead() throws IOException {
        onDataAvailable();
    }

    @Override
    public void onError(Throwable cause) {
        exchange.requestBroken(cause);
    }

    private void move() {
        try {
            while (in != null && readingFailure == null && write() && read(in)) {}
            exchange.reconsiderPatience();
        } catch (IOException e) {
            readingFailure = e; // what follows from it must not be done with the monitor held
        }
    }

    /** Whether the chunk is gone: false if the target has no room, it will call {@link #send}. */
    private boolean write() {
        if (discarding) {
            chunk.position(chunk.limit());
            return true;
        }
        if (target == null) {
            return false;
        }
        if (chunk.hasRemaining()) {
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
    private boolean read(ServletInputStream in) throws IOException {
        if (over) {
            return false;
        }
        if (!in.isFinished()) {
            if (!in.isReady()) {
                return false;
            }
            if (!begun) {
                begun = true;
                chunk = ByteBuffer.allocate(CHUNK);
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
