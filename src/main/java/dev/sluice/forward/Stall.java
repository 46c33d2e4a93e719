package dev.sluice.forward;

import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how long a client may take nothing of a response that waits for it. Hosts usually give up earlier; but Tomcat
 * has no such bound over HTTP/2, nor has Jetty for a stream that may pause. Guarded by the monitor.
 */
final class Stall {

    private static final long CHECK_INTERVAL_MILLIS = 60_000;

    /** After this many checks in a row without progress, the client is given up. */
    private static final int MAX_SILENT_CHECKS = 10;

    /** How long a client may take nothing; up to a minute more passes until that is found. */
    static final long LIMIT_MILLIS = MAX_SILENT_CHECKS * CHECK_INTERVAL_MILLIS;

    private final Object monitor;
    private final Exchanges exchanges;
    private final BooleanSupplier isStalled;
    private final LongSupplier done;
    private final Runnable giveUp;

    private @Nullable Future<?> nextCheck; // null while it does not watch
    private int silentChecks; // the last ones in a row
    private long doneBefore; // at the last check

    /**
     * @param monitor the exchange
     * @param isStalled whether something waits for the client; called with the monitor held
     * @param done how many bytes have passed so far; called with the monitor held
     * @param giveUp ends the exchange; called without the monitor, on the timer's thread
     */
    Stall(Object monitor, Exchanges exchanges, BooleanSupplier isStalled, LongSupplier done, Runnable giveUp) {
        this.monitor = monitor;
        this.exchanges = exchanges;
        this.isStalled = isStalled;
        this.done = done;
        this.giveUp = giveUp;
    }

    /** Something waits for the client. Watches it from now on, unless it does already. */
    void watch() {
        if (nextCheck == null) {
            silentChecks = 0;
            doneBefore = done.getAsLong();
            nextCheck = exchanges.after(CHECK_INTERVAL_MILLIS, this::check);
        }
    }

    private void check() {
        synchronized (monitor) {
            nextCheck = null;
            if (!isStalled.getAsBoolean()) {
                return;
            }
            long doneNow = done.getAsLong();
            silentChecks = doneNow > doneBefore ? 0 : silentChecks + 1;
            doneBefore = doneNow;
            if (silentChecks < MAX_SILENT_CHECKS) {
                nextCheck = exchanges.after(CHECK_INTERVAL_MILLIS, this::check);
                return;
            }
        }
        giveUp.run();
    }

    /** Watches no more. Called when the exchange has ended. */
    void cancel() {
        if (nextCheck != null) {
            nextCheck.cancel(false);
        }
    }
}
