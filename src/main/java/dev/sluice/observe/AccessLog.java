package dev.sluice.observe;

import dev.sluice.config.AccessLogFormat;
import dev.sluice.config.ObservationConfiguration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line for each request, at its end. Those who serve requests only put them into a queue; one thread makes the lines and writes them. Where
 * it cannot keep up, what exceeds the queue is lost, counted, and said. Safe for use by many threads.
 *
 * <p>That thread looks for what there is a few times a second, so that nobody has to wake it for each request.
 */
public final class AccessLog implements TransactionObserver, AutoCloseable {

    /** Where lines go. Called by one thread at a time. */
    public interface Output {

        /**
         * Writes lines.
         *
         * @param lines one or more, each with its end
         */
        void write(CharSequence lines);
    }

    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);

    /** Where a container's lines go. */
    private static final Logger LINES = LoggerFactory.getLogger("dev.sluice.access");

    /** So many requests may wait to be written: at 20,000 a second, for 400 milliseconds. One of more than a kilobyte counts as several. */
    static final int CAPACITY = 8 * 1024;

    /** So many are worth waking the writer. */
    private static final int MANY = CAPACITY / 4;

    /** In characters: what one request may have, so that clients cannot fill the memory with what they make up. */
    private static final int WEIGHT_OF_ONE = 1024;

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long CLOSING_MILLIS = 2_000;

    /** In characters: what is longer is written in several pieces. */
    private static final int PIECE = 64 * 1024;

    private final LogFormat format;
    private final Output output;
    private final Queue<Transaction> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong lost = new AtomicLong();
    private final Thread writer = new Thread(this::run, "sluice-access-log");
    private long saidLost; // of the writer
    private long saidAt = System.nanoTime() - SECOND_NANOS;
    private volatile boolean closed;

    /**
     * Begins its thread.
     *
     * @param configuration with an access log
     */
    public AccessLog(ObservationConfiguration configuration, Output output) {
        this.format = format(configuration);
        this.output = output;
        writer.setDaemon(true);
        writer.start();
    }

    private static LogFormat format(ObservationConfiguration configuration) {
        return switch (configuration.accessLog()) {
            case JSON -> new JsonLogFormat(configuration.accessLogQuery());
            case ALB -> new AlbLogFormat(configuration.accessLogQuery());
            case OFF -> throw new IllegalArgumentException(AccessLogFormat.OFF + " is no format");
        };
    }

    /** Each line is a message of the logger {@code dev.sluice.access}. */
    public static void toLogger(CharSequence lines) {
        for (String line : lines.toString().lines().toList()) { // a host may name who has called
            LINES.info(line);
        }
    }

    @Override
    public void ended(Transaction transaction) {
        int weight = weight(transaction);
        int before = waiting.getAndAdd(weight);
        if (before >= CAPACITY) {
            waiting.addAndGet(-weight);
            lost.incrementAndGet();
            return;
        }
        queue.add(transaction);
        if (before < MANY && before + weight >= MANY) {
            LockSupport.unpark(writer);
        }
        if (closed) {
            write(); // the writer may have looked for the last time
        }
    }

    /** As how many requests it counts, by what of it was chosen outside. */
    private static int weight(Transaction transaction) {
        int length = transaction.method().length() + transaction.path().length() + length(transaction.query());
        Client client = transaction.client();
        if (client != null) {
            length += client.authority().length() + client.host().length();
            for (String value : client.headers().values()) {
                length += value.length();
            }
        }
        return 1 + length / WEIGHT_OF_ONE;
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    @Override
    public boolean wantsClient() {
        return true;
    }

    /** How many requests have no line. */
    public long lost() {
        return lost.get();
    }

    private void run() {
        while (!closed) {
            if (!writePiece()) {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
            sayLost(); // also while it cannot keep up
        }
        write();
        sayLost();
    }

    /** All that there is. */
    private void write() {
        while (writePiece()) {
            // until nothing is left
        }
    }

    /** Whether there was something to write. */
    private synchronized boolean writePiece() {
        StringBuilder lines = new StringBuilder();
        while (lines.length() < PIECE) {
            Transaction next = queue.poll();
            if (next == null) {
                break;
            }
            waiting.addAndGet(-weight(next));
            append(next, lines);
        }
        if (!lines.isEmpty()) {
            put(lines);
        }
        return !lines.isEmpty();
    }

    private void append(Transaction transaction, StringBuilder lines) {
        int begin = lines.length();
        try {
            format.append(transaction, lines);
            lines.append('\n');
        } catch (RuntimeException | Error e) { // the writer goes on
            lines.setLength(begin);
            lost.incrementAndGet();
            LOG.error("A request could not be written to the access log", e);
        }
    }

    private void put(CharSequence lines) {
        try {
            output.write(lines);
        } catch (RuntimeException | Error e) {
            lost.addAndGet(lines.chars().filter(c -> c == '\n').count());
            LOG.error("The access log could not be written", e);
        }
    }

    private void sayLost() {
        long now = lost.get();
        long time = System.nanoTime();
        if (now > saidLost && (closed || time - saidAt >= SECOND_NANOS)) {
            LOG.warn(
                    "{} requests have no line in the access log: it is written more slowly than they come",
                    now - saidLost);
            saidLost = now;
            saidAt = time;
        }
    }

    /** Writes what there is, for two seconds at most. What ends later is written by whoever ends it. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(writer);
        try {
            writer.join(CLOSING_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
