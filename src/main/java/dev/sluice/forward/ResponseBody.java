package dev.sluice.forward;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.jspecify.annotations.Nullable;

/**
 * An answer's body on its way from the target to the client. The target's window opens again only when everything was written, so
 * what waits here is never more than the window. A short body of known length is kept until it is whole: then it goes out with its
 * head at once, and a target that breaks off earlier has spoilt nothing.
 *
 * <p>Threads: the reactor's bring the data, the container's call the listener; whoever finds the other side ready moves the data.
 * Everything here is guarded by the exchange's monitor.
 */
final class ResponseBody implements WriteListener {

    /** In bytes; less than any host's buffer, so that writing it never blocks. */
    private static final int SHORT = 8 * 1024;

    private final Exchange exchange;
    private final HttpServletResponse clientResponse;
    private final Queue<byte[]> waiting = new ArrayDeque<>();

    private @Nullable ServletOutputStream out;
    private @Nullable CapacityChannel window;
    private int taken;
    private boolean flushing;
    private boolean unflushed;
    private boolean whole;
    private boolean done;

    ResponseBody(Exchange exchange, HttpServletResponse clientResponse) {
        this.exchange = exchange;
        this.clientResponse = clientResponse;
    }

    /** Whether all of it was handed to the host, which has room for more. */
    boolean isDone() {
        return done;
    }

    /** Whether it is being streamed: then its head may be with the client. */
    boolean isStreaming() {
        return out != null;
    }

    /** Whether the client is waited for. */
    boolean awaitsClient() {
        return window != null;
    }

    void begin(EntityDetails body) throws IOException {
        long length = body.getContentLength();
        boolean events = isEventStream(body.getContentType());
        flushing = length < 0 || events;
        if (length < 0 || length >= SHORT || events || !exchange.requestIsRead()) {
            if (length >= 0) {
                clientResponse.setContentLengthLong(length);
            }
            out = clientResponse.getOutputStream();
            out.setWriteListener(this); // makes the container call onWritePossible
        }
    }

    private static boolean isEventStream(@Nullable String contentType) {
        return contentType != null && contentType.regionMatches(true, 0, "text/event-stream", 0, 17);
    }

    void add(ByteBuffer source) {
        byte[] data =
                new byte[source.remaining()]; // a host may keep it until it is written, HttpCore uses its own again
        source.get(data);
        taken += data.length;
        waiting.add(data);
        if (out != null) {
            move(out);
        }
    }

    /** The target has used up its window and waits for more. */
    void open(CapacityChannel window) {
        this.window = window;
        if (out != null) {
            move(out);
        }
    }

    void end() {
        whole = true;
        if (out != null) {
            move(out);
        } else {
            try {
                ServletOutputStream buffer = clientResponse.getOutputStream();
                for (byte[] data : waiting) {
                    buffer.write(data); // fits into the host's buffer; it knows the length then and tells it
                }
                done = true;
            } catch (IOException e) {
                exchange.writingFailed(e);
            }
        }
    }

    /** There is none, or none any more. */
    void omit() {
        out = null;
        window = null;
        waiting.clear();
        done = true;
    }

    /** Sends what there is, with the mark of its end, although the exchange goes on for a while. */
    void flushEnd() throws IOException {
        if (out != null) {
            out.close();
        } else {
            clientResponse.flushBuffer();
        }
    }

    @Override
    public void onWritePossible() {
        synchronized (exchange) {
            if (out != null && !exchange.hasEnded()) {
                move(out);
            }
        }
        exchange.settle();
    }

    @Override
    public void onError(Throwable cause) {
        exchange.clientLeft(cause);
    }

    private void move(ServletOutputStream out) {
        try {
            while (!done && out.isReady()) {
                byte[] data = waiting.poll();
                if (data != null) {
                    out.write(data);
                    unflushed = flushing;
                } else if (unflushed) {
                    unflushed = false;
                    out.flush();
                } else if (whole) {
                    done = true;
                } else {
                    break;
                }
            }
        } catch (IOException e) {
            exchange.writingFailed(e);
            return;
        }
        if (window != null && waiting.isEmpty()) {
            openWindow(window);
        }
        exchange.reconsiderPatience();
    }

    private void openWindow(CapacityChannel window) {
        this.window = null;
        try {
            window.update(taken);
            taken = 0;
        } catch (IOException e) {
            // the target's connection is gone, which its reading side will tell
        }
    }
}
