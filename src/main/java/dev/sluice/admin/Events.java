package dev.sluice.admin;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Server-sent events for the viewers of the status page. Each event has the whole state, so a slow viewer gets only the
 * newest. A viewer holds no thread, and one pending event at most. Safe for use by many threads.
 */
final class Events implements Page, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Events.class);

    private static final int MAX_VIEWERS = 20;

    private static final String EVENT_STREAM = "text/event-stream;charset=utf-8";

    /** Sent at once, with the head: how long a page waits before it reconnects. */
    private static final byte[] GREETING = "retry: 1000\n\n".getBytes(StandardCharsets.US_ASCII);

    private final Semaphore places = new Semaphore(MAX_VIEWERS);
    private final Set<Viewer> viewers = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    @Override
    public void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (closed || !places.tryAcquire()) {
            response.setHeader("Retry-After", "5");
            Answer.text(
                            503,
                            closed ? "the configuration has changed, or Sluice stops" : "too many are watching already")
                    .send(request, response);
            return;
        }
        response.setContentType(EVENT_STREAM);
        if (request.getMethod().equals("HEAD")) {
            places.release();
            return;
        }
        Viewer viewer = viewer(request, response);
        viewers.add(viewer);
        try {
            viewer.listen();
        } catch (RuntimeException | Error e) {
            viewer.forget();
            throw e;
        }
        if (closed) {
            viewer.end();
        }
    }

    /** Creates the viewer for the permit that was just acquired. Releases the permit on failure. */
    private Viewer viewer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            AsyncContext async = request.startAsync();
            async.setTimeout(0); // each second there is a write, which fails if the client has gone
            return new Viewer(async, response.getOutputStream());
        } catch (IOException | RuntimeException | Error e) {
            places.release();
            throw e;
        }
    }

    /**
     * Sends an event to all viewers.
     *
     * @param data called only if there are viewers; must not contain a line break
     */
    void send(Supplier<String> data) {
        if (!viewers.isEmpty()) {
            byte[] event = ("data: " + data.get() + "\n\n").getBytes(StandardCharsets.UTF_8);
            viewers.forEach(viewer -> viewer.show(event));
        }
    }

    /** Ends the streams of all viewers, and begins no more. */
    @Override
    public void close() {
        closed = true;
        viewers.forEach(Viewer::end);
    }

    /**
     * One viewer. Container threads report that the response is writable, or that the client has gone; the timer's
     * thread brings events. All state is guarded by the monitor. The request is completed without it, since that may
     * run foreign code. Until the host's first callback nothing is done with the response: it is not even completed,
     * since Tomcat's callback would run into that.
     */
    private final class Viewer implements WriteListener, AsyncListener {

        private final AsyncContext async;
        private final ServletOutputStream out;
        private byte @Nullable [] next = GREETING;
        private boolean unflushed;
        private boolean writable; // as last reported by the host
        private boolean ended;
        private boolean left;

        Viewer(AsyncContext async, ServletOutputStream out) {
            this.async = async;
            this.out = out;
        }

        void listen() {
            async.addListener(this);
            out.setWriteListener(this);
        }

        void show(byte[] event) {
            synchronized (this) {
                next = event;
            }
            move();
        }

        @Override
        public void onWritePossible() {
            synchronized (this) {
                writable = true;
            }
            move();
        }

        void end() {
            synchronized (this) {
                ended = true;
            }
            move();
        }

        private void move() {
            boolean leaves;
            synchronized (this) {
                if (writable && !ended) {
                    ended = !write();
                }
                leaves = ended && writable && !left;
                left |= leaves;
            }
            if (leaves) {
                leave();
            }
        }

        /**
         * Writes as much as the host has room for. Returns false if the client has gone. Called with the monitor held.
         */
        private boolean write() {
            try {
                while (next != null || unflushed) {
                    writable = out.isReady();
                    if (!writable) {
                        return true;
                    }
                    byte[] event = next;
                    if (event == null) {
                        unflushed = false;
                        out.flush();
                    } else {
                        next = null;
                        unflushed = true;
                        out.write(event);
                    }
                }
                return true;
            } catch (IOException | RuntimeException e) {
                LOG.debug("A viewer of the status page has left", e);
                return false;
            }
        }

        private void leave() {
            forget();
            Admin.complete(async);
        }

        private void forget() {
            if (viewers.remove(this)) {
                places.release();
            }
        }

        private void goneWith(Throwable cause) {
            LOG.debug("A viewer of the status page has left", cause);
            boolean leaves;
            synchronized (this) {
                ended = true;
                leaves = !left;
                left = true;
            }
            if (leaves) {
                leave();
            }
        }

        @Override
        public void onError(Throwable cause) {
            goneWith(cause);
        }

        @Override
        public void onError(AsyncEvent event) {
            goneWith(event.getThrowable());
        }

        @Override
        public void onComplete(AsyncEvent event) {
            synchronized (this) {
                ended = true;
                left = true;
            }
            forget();
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            // there is no time-out
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // only a second startAsync would call this
        }
    }
}
