package dev.sluice.contract;

import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Wire;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;

/**
 * Clients that each send one request after another, at most at a given total rate, until closed; and what became of the
 * requests. Each keeps its connection. Thread-safe.
 */
final class Load implements Closeable {

    /** A request without a body, or with a short one. */
    record Request(String method, String path, String body, List<String> fieldLines) {

        static Request get(String path, String... fieldLines) {
            return new Request("GET", path, "", List.of(fieldLines));
        }

        /** A request with a body. */
        static Request with(String method, String path, String body, String... fieldLines) {
            return new Request(method, path, body, List.of(fieldLines));
        }

        private String message() {
            StringBuilder message = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
            for (String line : fieldLines) {
                message.append(line).append("\r\n");
            }
            if (!body.isEmpty()) {
                message.append("Content-Length: ").append(body.length()).append("\r\n");
            }
            return message.append("\r\n").append(body).toString();
        }
    }

    /** A request that was not answered with 200, and what happened instead. */
    record Failure(Request request, String what) {

        @Override
        public String toString() {
            return request.method() + " " + request.path() + ": " + what;
        }
    }

    private final int port;
    private final LongFunction<Request> requests;
    private final long periodNanos;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private final Queue<Failure> failures = new ConcurrentLinkedQueue<>();
    private final long since = System.nanoTime();
    private volatile boolean over;

    private Load(int port, int clients, int perSecond, LongFunction<Request> requests) {
        this.port = port;
        this.requests = requests;
        this.periodNanos = TimeUnit.SECONDS.toNanos(clients) / perSecond;
        for (int i = 0; i < clients; i++) {
            Thread thread = new Thread(this::ask, "client " + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
    }

    /** @param requests maps a request's number, from 0, to the request */
    static Load start(int port, int clients, int perSecond, LongFunction<Request> requests) {
        Load load = new Load(port, clients, perSecond, requests);
        load.threads.forEach(Thread::start);
        return load;
    }

    private void ask() {
        Wire wire = null;
        for (long next = System.nanoTime(); !over; next += periodNanos) {
            for (long wait = next - System.nanoTime(); wait > 0; wait = next - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            next = Math.max(next, System.nanoTime() - periodNanos); // does not catch up on what is late
            wire = ask(requests.apply(sent.getAndIncrement()), wire);
        }
        close(wire);
    }

    /** Returns the connection for the next request; null if that needs a new one. */
    private Wire ask(Request request, Wire kept) {
        Wire wire = kept;
        try {
            if (wire == null) {
                wire = Wire.connect(port);
            }
            Reply reply = wire.send(request.message()).readReply();
            if (reply.status() == 200 && reply.whole()) {
                answered.incrementAndGet();
                if (!"close".equalsIgnoreCase(reply.field("Connection"))) {
                    return wire;
                }
                close(wire);
                return null;
            }
            failures.add(new Failure(request, reply.head().startLine() + (reply.whole() ? "" : ", broken off")));
        } catch (IOException e) {
            failures.add(new Failure(request, e.toString()));
        }
        close(wire);
        return null;
    }

    private static void close(Wire wire) {
        try {
            if (wire != null) {
                wire.close();
            }
        } catch (IOException e) {
            // closed all the same
        }
    }

    /** Waits until this many more requests are answered with 200. */
    void awaitResponses(int more) {
        long enough = answered.get() + more;
        await().alias(more + " more answers").atMost(Wire.PATIENCE).until(() -> answered.get() >= enough);
    }

    /** All failures of a method. */
    List<Failure> failures(String method) {
        return failures.stream()
                .filter(failure -> failure.request().method().equals(method))
                .toList();
    }

    /** Sends nothing more, and waits until every request has its response or has failed. */
    void end() {
        over = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        end();
    }

    /** A summary for the test's output. */
    @Override
    public String toString() {
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
        return "%d requests in %d ms, failed: %s".formatted(sent.get(), millis, failures);
    }
}
