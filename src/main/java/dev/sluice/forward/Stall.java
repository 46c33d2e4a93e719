package dev.sluice.forward;

import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how long a client may leave some of its response waiting without taking any of it. Hosts usually give up
 * earlier; but Tomcat has no such bound over HTTP/2, nor has Jetty for a stream that may pause. Guarded by the monitor.
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
    private final LongSupplier taken;
    private final Runnable giveUp;

    private @Nullable Future<?> nextCheck; // null while it does not watch
    private int silentChecks; // the last ones in a row
    private long takenBefore; // at the last check

    /**
     * @param monitor the exchange
     * @param isStalled whether something waits for the client; called with the monitor held
     * @param taken how many bytes have left so far; called with the monitor held
     * @param giveUp ends the exchange; called without the monitor, on the timer's thread
     */
    Stall(Object monitor, Exchanges exchanges, BooleanSupplier isStalled, LongSupplier taken, Runnable giveUp) {
        this.monitor = monitor;
        this.exchanges = exchanges;
        this.isStalled = isStalled;
        this.taken = taken;
        this.giveUp = giveUp;
    }

    /** Something waits for the client. Watches it from now on, unless it does already. */
    void watch() {
        if (nextCheck == null) {
            silentChecks = 0;
            takenBefore = taken.getAsLong();
            nextCheck = exchanges.after(CHECK_INTERVAL_MILLIS, this::check);
        }
    }

    private void check() {
        synchronized (monitor) {
            nextCheck = null;
            if (!isStalled.getAsBoolean()) {
                return;
            }
            long takenNow = taken.getAsLong();
            silentChecks = takenNow > takenBefore ? 0 : silentChecks + 1;
            takenBefore = takenNow;
            if (silentChecks < MAX_SILENT_CHECKS) {
                nextCheck = exchanges.after(CHECK_INTERVAL_MILLIS, this::check);
                return;
            }
        }
        giveUp.run();
    }

    /** Watches no more. Called when the exchange has ended. */
    void cancel() {
        Future<?> pending = nextCheck;
        if (pending != null) {
            pending.cancel(false);
        }
    }
}
