package dev.sluice.launcher;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The standard error of a process that must not wait for whoever reads it: a terminal on hold, or a log collector that
 * hangs. What is written is kept, up to a limit, until a thread of its own has passed it on; beyond that it is dropped,
 * which is said once there is room again. Safe for use by many threads.
 */
final class StandardError extends OutputStream {

    /** In bytes: a thousand lines or more. */
    static final int CAPACITY = 256 * 1024;

    private static final long CLOSING_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final PrintStream DIRECT = System.err;

    private static volatile @Nullable StandardError installed;

    private final OutputStream target;
    private ByteArrayOutputStream waiting = new ByteArrayOutputStream(CAPACITY); // guarded by this, like the next two
    private long dropped; // bytes, since it was said last
    private boolean isWriting;
    private ByteArrayOutputStream taken = new ByteArrayOutputStream(CAPACITY); // the writer's, when it is written

    /** Starts the thread that writes to the target. */
    StandardError(OutputStream target) {
        this.target = target;
        Thread writer = new Thread(this::run, "sluice-standard-error");
        writer.setDaemon(true);
        writer.start();
    }

    /** Replaces {@link System#err}. To be called before anything logs. */
    static void install() {
        StandardError error = new StandardError(new FileOutputStream(FileDescriptor.err));
        System.setErr(new PrintStream(error, true, Charset.defaultCharset()));
        installed = error;
    }

    /** Waits as {@link #awaitWritten}, and gives {@link System#err} back. */
    static void remove() {
        awaitWritten();
        System.setErr(DIRECT);
    }

    /** Waits until everything is written, but no longer than two seconds. No-op if it was never installed. */
    static void awaitWritten() {
        StandardError error = installed;
        if (error != null) {
            error.awaitWritten(CLOSING_NANOS);
        }
    }

    @Override
    public void write(int octet) {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] source, int offset, int length) {
        if (dropped > 0 || waiting.size() + length > CAPACITY) { // nothing follows a gap before that was said
            dropped += length;
        } else {
            waiting.write(source, offset, length);
        }
        notifyAll();
    }

    private void run() {
        while (true) {
            try {
                take();
                taken.writeTo(target);
            } catch (IOException | InterruptedException | RuntimeException | Error e) {
                // nobody reads it any more, or there is no memory: there is nobody else to tell
            }
        }
    }

    /** Waits for something to write, and takes it by turns in one of two buffers. */
    private synchronized void take() throws InterruptedException {
        isWriting = false;
        notifyAll();
        while (waiting.size() == 0 && dropped == 0) {
            wait();
        }
        isWriting = true;
        if (dropped > 0) {
            waiting.writeBytes((System.lineSeparator() // what came before may end within a line
                            + "Dropped, because the standard error was not read in time: " + dropped + " bytes"
                            + System.lineSeparator())
                    .getBytes(StandardCharsets.US_ASCII));
            dropped = 0;
        }
        ByteArrayOutputStream written = taken;
        written.reset();
        taken = waiting;
        waiting = written;
    }

    synchronized void awaitWritten(long nanos) {
        long end = System.nanoTime() + nanos;
        try {
            for (long left = nanos;
                    left > 0 && (isWriting || waiting.size() > 0 || dropped > 0);
                    left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
