package dev.sluice.forward;

import java.io.EOFException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Ends an HTTP/2 request of which nothing more can come. Hosts reset streams of their own accord, as if a body
 * contradicts its Content-Length, and tell nobody; but they can be asked. Asks while the body is waited for. Guarded by
 * the exchange's monitor.
 */
final class StreamWatch {

    private static final long INTERVAL_MILLIS = 5000;

    private final Exchange exchange;
    private final Exchanges exchanges;

    private @Nullable Future<?> nextLook; // null while it does not watch
    private boolean wasGone; // at the last look: what had come before may still have been on its way

    StreamWatch(Exchange exchange, Exchanges exchanges) {
        this.exchange = exchange;
        this.exchanges = exchanges;
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
        synchronized (exchange) {
            nextLook = null;
            if (!exchange.awaitsRequest()) {
                return;
            }
            boolean isGone = exchange.isRequestGone();
            if (!isGone || !wasGone) {
                wasGone = isGone;
                lookLater();
                return;
            }
        }
        exchange.requestBroken(new EOFException("the stream was reset"));
    }

    /** Watches no more. Called when the exchange has ended. */
    void cancel() {
        Future<?> pending = nextLook;
        if (pending != null) {
            pending.cancel(false);
        }
    }
}
