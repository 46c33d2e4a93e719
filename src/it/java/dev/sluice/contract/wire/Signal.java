package dev.sluice.contract.wire;

import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Makes one side of an exchange wait for the other. Thread-safe. */
public final class Signal {

    private final Semaphore given = new Semaphore(0);

    public void give() {
        given.release();
    }

    /** Waits for one {@link #give}. */
    public void take() throws IOException {
        try {
            if (!given.tryAcquire(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("The other side has not got there");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
