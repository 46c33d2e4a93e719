package dev.sluice.forward;

import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rest of a request for a while after its response has been sent: a client that is still sending could lose
 * the response to a reset (RFC 9112 section 9.6). Guarded by the exchange's monitor.
 */
final class Linger {

    private static final int CHECK_INTERVAL_MILLIS = 1000;

    /** After this many checks in a row without new data, the rest is given up; after one if it may never come. */
    private static final int MAX_SILENT_CHECKS = 5;

    private static final int MAX_CHECKS = 30;

    private final Exchange exchange;
    private final Exchanges exchanges;
    private final RequestBody rest;

    private @Nullable Future<?> nextCheck;
    private int checks;
    private int silentChecks; // the last ones in a row
    private long receivedBefore; // bytes, at the last check

    Linger(Exchange exchange, Exchanges exchanges, RequestBody rest) {
        this.exchange = exchange;
        this.exchanges = exchanges;
        this.rest = rest;
        this.receivedBefore = rest.received();
    }

    /** Returns false if Sluice has ended: nobody would check. Called with the monitor held. */
    boolean goOn() {
        nextCheck = exchanges.after(CHECK_INTERVAL_MILLIS, this::check);
        return nextCheck != null;
    }

    /** Gives the rest up if the client has stopped sending, or has sent for too long. Runs on the timer's thread. */
    private void check() {
        exchange.guarded(() -> {
            rest.readUnasked();
            synchronized (exchange) {
                if (exchange.hasEnded()) {
                    return;
                }
                long received = rest.received();
                checks++;
                silentChecks = received > receivedBefore ? 0 : silentChecks + 1;
                receivedBefore = received;
                boolean isSilent = silentChecks >= (rest.mayNeverCome() ? 1 : MAX_SILENT_CHECKS);
                boolean goesOn = !isSilent && checks < MAX_CHECKS && !exchange.isStopped();
                if (!goesOn || !goOn()) {
                    rest.abandon();
                }
            }
            exchange.settle();
        });
    }

    /** Checks no more. Called when the exchange has ended. */
    void cancel() {
        if (nextCheck != null) {
            nextCheck.cancel(false);
        }
    }
}
