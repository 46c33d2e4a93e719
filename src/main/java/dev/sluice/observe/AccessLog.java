package dev.sluice.observe;

import dev.sluice.config.AccessLogFormat;
import dev.sluice.config.ObservationConfiguration;
import java.io.UncheckedIOException;
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
 * The access log: one line for each request, written when the request ends. The threads that serve requests only add
 * them to a queue; one writer thread formats and writes the lines. If it cannot keep up, requests beyond the queue's
 * capacity are dropped and counted, and their number is logged. Safe for use by many threads.
 *
 * <p>The writer polls the queue many times a second, so that no thread has to wake it for each request.
 */
public final class AccessLog implements TransactionObserver, AutoCloseable {

    /** The destination of the lines. Called by one thread at a time. */
    public interface Output {

        /**
         * Writes lines.
         *
         * @param lines one or more, each with a line end
         */
        void write(CharSequence lines);
    }

    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);

    /** The destination of {@link #toLogger}, for use in a container. */
    private static final Logger LINES = LoggerFactory.getLogger("dev.sluice.access");

    /**
     * The capacity of the queue in requests: 400 milliseconds at 20,000 a second. A long request counts as several, see
     * {@link #weight}.
     */
    static final int CAPACITY = 8 * 1024;

    /** If this many requests wait, the writer is woken. */
    private static final int MANY = CAPACITY / 4;

    /**
     * In characters: a request counts once more for each of these, so that clients cannot fill the memory with long
     * requests.
     */
    private static final int WEIGHT_OF_ONE = 1024;

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final String CANNOT_KEEP_UP = "it cannot keep up";

    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long CLOSING_MILLIS = 2_000;

    /** In characters: the writer writes what it has once it has this many. */
    private static final int PIECE = 64 * 1024;

    private final LogFormat format;
    private final Output output;
    private final Queue<Transaction> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong lost = new AtomicLong();
    private final Thread writer = new Thread(this::run, "sluice-access-log");
    private volatile long saidLost; // written by the writer only
    private long saidAt = System.nanoTime() - SECOND_NANOS;
    private volatile String whyLost = CANNOT_KEEP_UP; // since it was said last
    private volatile boolean closed;

    /**
     * Starts the writer thread.
     *
     * @param configuration must have an access log
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

    /** An {@link Output}: logs each line as one message of the logger {@code dev.sluice.access}. */
    public static void toLogger(CharSequence lines) {
        for (String line : lines.toString().lines().toList()) { // no lambda: a host may log the caller's name
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
            write(); // the writer may have polled for the last time
        }
    }

    /** How many requests this one counts as, by the length of the text that the client chose. */
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

    /** How many requests have no line, because of a full queue or an error. */
    public long lost() {
        return lost.get();
    }

    private void run() {
        while (!closed) {
            if (!writePiece()) {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
            sayLost(); // also while the writer cannot keep up
        }
        write();
        sayLost();
    }

    /** Writes until the queue is empty. */
    private void write() {
        while (writePiece()) {
            // until nothing is left
        }
    }

    /** Writes one piece. Returns false if there was nothing to write. */
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
        } catch (RuntimeException | Error e) { // must not end the writer
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
            whyLost = "it could not be written: " + (e instanceof UncheckedIOException io ? io.getCause() : e);
        }
    }

    private void sayLost() {
        long now = lost.get();
        long time = System.nanoTime();
        if (now > saidLost && (closed || time - saidAt >= SECOND_NANOS)) {
            LOG.warn("Requests lost to the access log: {}; {}", now - saidLost, whyLost);
            whyLost = CANNOT_KEEP_UP;
            saidLost = now;
            saidAt = time;
        }
    }

    /**
     * Writes what is left, and waits two seconds for it at most. Requests that end later are written by the threads
     * that end them.
     */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(writer);
        try {
            writer.join(CLOSING_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (writer.isAlive()) {
            LOG.warn(
                    "The access log takes nothing, or too little: {} requests or more have no line",
                    queue.size() + lost.get() - saidLost);
        }
    }
}
