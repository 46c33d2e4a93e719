package dev.sluice.forward;

import java.io.EOFException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Ends an HTTP/2 request of which nothing more can come. Hosts reset streams of their own accord, because a body
 * contradicts its Content-Length, for example, and tell nobody; nor does Tomcat tell of an end that comes with trailers.
 * But Tomcat and Jetty can be asked. Asks while the body is waited for. Guarded by the exchange's monitor.
 */
final class StreamWatch {

    private static final long INTERVAL_MILLIS = 5000;

    private final Exchange exchange;
    private final Exchanges exchanges;
    private final RequestBody body;

    private @Nullable Future<?> nextLook; // null while it does not watch
    private boolean wasGone; // at the last look: what had come before may still have been on its way
    private long receivedBefore; // bytes, at the last look

    StreamWatch(Exchange exchange, Exchanges exchanges, RequestBody body) {
        this.exchange = exchange;
        this.exchanges = exchanges;
        this.body = body;
    }

    /** The client is waited for. Watches its stream from now on, unless it does already. */
    void watch() {
        if (nextLook == null) {
            wasGone = false;
            lookLater();
        }
    }

    private void lookLater() {
        nextLook = exchanges.after(INTERVAL_MILLIS, () -> exchange.guarded(this::look));
    }

    /** Runs on the timer's thread. */
    private void look() {
        boolean hasTrailers;
        synchronized (exchange) {
            nextLook = null;
            if (!exchange.awaitsRequest()) {
                return;
            }
            boolean isGone = exchange.isRequestGone();
            hasTrailers = isGone && exchange.hasTrailers();
            if (hasTrailers || !isGone || !wasGone || body.received() > receivedBefore) {
                wasGone = isGone;
                receivedBefore = body.received();
                lookLater();
            } else {
                body.cannotBeRead(new EOFException("the stream was reset"));
            }
        }
        if (hasTrailers) {
            body.pump(); // else never: of a stream that was reset, too, Tomcat says that all was read
        }
        exchange.settle();
    }

    /** Watches no more. Called when the exchange has ended. */
    void cancel() {
        if (nextLook != null) {
            nextLook.cancel(false);
        }
    }
}
