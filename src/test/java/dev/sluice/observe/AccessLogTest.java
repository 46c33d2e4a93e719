package dev.sluice.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.LogLines;
import dev.sluice.config.AccessLogFormat;
import dev.sluice.config.ObservationConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.AbstractMap;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessLogTest {

    private static final long BEGAN = 1_530_567_768_364L; // 2018-07-02T21:42:48.364Z

    private final StringBuilder written = new StringBuilder(); // read once the writer has ended
    private long nanos = 5_000_000;

    private Observation observation(TransactionObserver observer) {
        return new Observation(List.of(observer), () -> nanos, () -> BEGAN);
    }

    private void pass(long micros) {
        nanos += TimeUnit.MICROSECONDS.toNanos(micros);
    }

    private AccessLog log(AccessLogFormat format, boolean query) {
        return new AccessLog(new ObservationConfiguration(format, List.of(), query, false), written::append);
    }

    private static AccessLog json(AccessLog.Output output) {
        return new AccessLog(new ObservationConfiguration(AccessLogFormat.JSON, List.of(), true, false), output);
    }

    /** One that is writing a first request, and does not go on before it may. */
    private AccessLog held(CountDownLatch mayGoOn, AccessLog.Output output) throws InterruptedException {
        CountDownLatch writing = new CountDownLatch(1);
        AccessLog log = json(lines -> {
            writing.countDown();
            await(mayGoOn);
            output.write(lines);
        });
        refused(observation(log));
        writing.await();
        return log;
    }

    /** The line for one request. */
    private String line(AccessLogFormat format, boolean query, Request request) {
        try (AccessLog log = log(format, query)) {
            request.happens(observation(log));
        }
        return written.toString();
    }

    @Test
    void aRetryOnTheSameTargetIsNoFailover() {
        Transaction transaction = observation(ended -> {}).begin("GET", "/", null, "HTTP/1.1", null);
        transaction.attemptStarted("a", "127.0.0.1:1");
        transaction.attemptStarted("a", "127.0.0.1:1");
        transaction.attemptStarted("b", "127.0.0.1:2");
        assertThat(transaction.retries()).isEqualTo(2);
        assertThat(transaction.failovers()).isEqualTo(1);
    }

    @Test
    void theFirstFailureIsTheReason() {
        Transaction transaction = observation(ended -> {}).begin("GET", "/", null, "HTTP/1.1", null);
        transaction.failed(TerminationCause.TARGET_TIMEOUT, Phase.HEADERS, "first");
        transaction.failed(TerminationCause.CLIENT, Phase.DATA, "second");
        assertThat(transaction.termination()).isEqualTo("sH");
        assertThat(transaction.failure()).isEqualTo("first");
    }

    @Test
    void whoEndsInTheQueueHasWaitedThere() {
        Transaction transaction = observation(ended -> {}).begin("GET", "/", null, "HTTP/1.1", null);
        transaction.queued();
        pass(5_000);
        transaction.end(0, 0);
        assertThat(transaction.queueNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(5));
    }

    private interface Request {
        void happens(Observation observation);
    }

    private static Client client(@Nullable String cipher, Map<String, String> headers) {
        return new Client(
                "192.0.2.7",
                2817,
                cipher == null ? "http" : "https",
                "www.example.com:80",
                "www.example.com",
                80,
                cipher,
                cipher == null ? null : "TLSv1.3",
                headers);
    }

    private void answered(Observation observation) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("User-Agent", "curl/7.46.0");
        headers.put("Referer", "http://a/");
        Transaction transaction = observation.begin("GET", "/a", "b=%20c", "HTTP/1.1", client(null, headers));
        transaction.identified("r-1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        transaction.routed("/", "web");
        transaction.queued();
        pass(1500);
        transaction.dequeued();
        transaction.attemptStarted("one:80 (10.0.0.1)", "10.0.0.1:80");
        pass(250);
        transaction.attemptStarted("two:80 (10.0.0.2)", "10.0.0.2:80");
        transaction.connected(2_000);
        pass(250);
        transaction.sending();
        pass(12_345);
        transaction.targetAnswered(200);
        transaction.clientAnswered(200);
        pass(1_000);
        transaction.responseCompleted();
        transaction.end(34, 366);
    }

    private void refused(Observation observation) {
        Transaction transaction =
                observation.begin("GET", "/x", null, "HTTP/1.1", client("TLS_AES_128_GCM_SHA256", Map.of()));
        pass(999);
        transaction.failed(TerminationCause.LOCAL, Phase.REQUEST, "no rule matches");
        transaction.clientAnswered(404);
        transaction.end(0, 0);
    }

    @Test
    void jsonHasAllThatIsKnown() {
        assertThat(line(AccessLogFormat.JSON, true, this::answered))
                .isEqualTo("{\"time\":\"2018-07-02T21:42:48.364Z\",\"client\":\"192.0.2.7\",\"client_port\":2817,"
                        + "\"method\":\"GET\",\"scheme\":\"http\",\"host\":\"www.example.com:80\",\"path\":\"/a\","
                        + "\"query\":\"b=%20c\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"target_status\":200,"
                        + "\"termination\":\"--\",\"failure\":null,\"rule\":\"/\",\"target_group\":\"web\","
                        + "\"target\":\"two:80 (10.0.0.2)\",\"attempts\":2,\"failovers\":1,\"tunnel\":false,"
                        + "\"queue_ms\":1.500,\"connect_ms\":0.002,\"first_byte_ms\":12.345,\"total_ms\":15.345,"
                        + "\"bytes_from_client\":34,\"bytes_to_client\":366,\"request_id\":\"r-1\","
                        + "\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\","
                        + "\"headers\":{\"User-Agent\":\"curl/7.46.0\",\"Referer\":\"http://a/\"}}\n");
    }

    @Test
    void jsonHasNullWhereThereIsNothing() {
        assertThat(line(AccessLogFormat.JSON, false, this::refused))
                .isEqualTo("{\"time\":\"2018-07-02T21:42:48.364Z\",\"client\":\"192.0.2.7\",\"client_port\":2817,"
                        + "\"method\":\"GET\",\"scheme\":\"https\",\"host\":\"www.example.com:80\",\"path\":\"/x\","
                        + "\"protocol\":\"HTTP/1.1\",\"status\":404,\"target_status\":null,\"termination\":\"LR\","
                        + "\"failure\":\"no rule matches\",\"rule\":null,\"target_group\":null,\"target\":null,"
                        + "\"attempts\":0,\"failovers\":0,\"tunnel\":false,\"queue_ms\":0.000,\"connect_ms\":null,"
                        + "\"first_byte_ms\":null,\"total_ms\":0.999,\"bytes_from_client\":0,\"bytes_to_client\":0,"
                        + "\"request_id\":null,\"traceparent\":null}\n");
    }

    @Test
    void albHasTheFieldsInTheirOrder() {
        assertThat(line(AccessLogFormat.ALB, true, this::answered))
                .isEqualTo(
                        "http 2018-07-02T21:42:48.379000Z sluice 192.0.2.7:2817 10.0.0.2:80 0.002 0.012 0.001 200 200"
                                + " 34 366 \"GET http://www.example.com:80/a?b=%20c HTTP/1.1\" \"curl/7.46.0\" - - web"
                                + " \"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\" \"-\" \"-\" -"
                                + " 2018-07-02T21:42:48.364000Z \"forward\" \"-\" \"-\" \"10.0.0.2:80\" \"200\" \"-\" \"-\" -\n");
    }

    @Test
    void albHasAHyphenWhereThereIsNothing() {
        assertThat(line(AccessLogFormat.ALB, true, this::refused))
                .isEqualTo(
                        "https 2018-07-02T21:42:48.364000Z sluice 192.0.2.7:2817 - -1 -1 -1 404 - 0 0"
                                + " \"GET https://www.example.com:80/x HTTP/1.1\" \"-\" TLS_AES_128_GCM_SHA256 TLSv1.3 - \"-\""
                                + " \"www.example.com\" \"-\" - 2018-07-02T21:42:48.364000Z \"-\" \"-\" \"LR\" \"-\" \"-\" \"-\" \"-\" -\n");
    }

    /** Clients choose these values: if they could end a line, they could write lines of their own. */
    @Test
    void nothingFromOutsideEndsItsField() {
        String evil = "a\" \\ \n\r\t\u0000\u007f\u00e4\u2028 \"b";
        Request request = observation -> observation
                .begin("GET", "/" + evil, evil, "HTTP/1.1", client(null, Map.of("User-Agent", evil)))
                .end(0, 0);
        assertThat(line(AccessLogFormat.ALB, true, request))
                .contains(
                        "/a\\x22 \\x5C \\x0A\\x0D\\x09\\x00\\x7F\\xE4\\u2028 \\x22b?a\\x22",
                        "HTTP/1.1\" \"a\\x22 \\x5C \\x0A\\x0D\\x09\\x00\\x7F\\xE4\\u2028 \\x22b\" - -")
                .matches("[ -~]+\n");
        written.setLength(0);
        String escaped = "a\\\" \\\\ \\u000a\\u000d\\u0009\\u0000\\u007f\\u00e4\\u2028 \\\"b\"";
        assertThat(line(AccessLogFormat.JSON, true, request))
                .contains("\"path\":\"/" + escaped, "\"query\":\"" + escaped, "\"User-Agent\":\"" + escaped)
                .matches("[ -~]+\n");
    }

    /** A field without quotes ends with a space. */
    @Test
    void theNameOfAGroupIsOneField() {
        Request request = observation -> {
            Transaction transaction = observation.begin("GET", "/", null, "HTTP/1.1", client(null, Map.of()));
            transaction.routed("/", "the \"web\" group");
            transaction.end(0, 0);
        };
        assertThat(line(AccessLogFormat.ALB, true, request)).contains("\"-\" - - the_\\x22web\\x22_group \"-\"");
    }

    @Test
    void theQueryIsLeftOutIfThatIsWanted() {
        assertThat(line(AccessLogFormat.ALB, false, this::answered))
                .contains(":80/a HTTP/1.1\"")
                .doesNotContain("b=");
        written.setLength(0);
        assertThat(line(AccessLogFormat.JSON, false, this::answered)).doesNotContain("b=", "query");
    }

    @Test
    void albHas460WhereTheClientLeftBeforeItsResponse() {
        Request request = observation -> {
            Transaction transaction = observation.begin("GET", "/", null, "HTTP/2.0", client(null, Map.of()));
            transaction.routed("/", "web");
            transaction.attemptStarted("one", "10.0.0.1:80");
            transaction.end(TerminationCause.CLIENT, "the client left", 0, 0);
        };
        assertThat(line(AccessLogFormat.ALB, true, request))
                .contains(" 10.0.0.1:80 -1 -1 -1 460 - 0 0 ", "\"forward\"");
        written.setLength(0);
        assertThat(line(AccessLogFormat.JSON, true, request)).contains("\"status\":null");
    }

    @ParameterizedTest
    @CsvSource({"PROXY, 0, -", "PROXY, 1, forward", "RESOURCE, 0, forward", "NONE, 1, forward"})
    void albHasNoActionWhereTheRequestWasRefusedBefore(TerminationCause cause, int attempts, String action) {
        Request request = observation -> {
            Transaction transaction = observation.begin("GET", "/", null, "HTTP/1.1", client(null, Map.of()));
            transaction.routed("/", "web");
            for (int i = 0; i < attempts; i++) {
                transaction.attemptStarted("one", "10.0.0.1:80");
            }
            transaction.end(cause, "for a test", 0, 0);
        };
        assertThat(line(AccessLogFormat.ALB, true, request))
                .contains(" 2018-07-02T21:42:48.364000Z \"" + action + "\" ");
    }

    @Test
    void atunnelIsAWebSocketsLine() {
        Request request = observation -> {
            Transaction transaction = observation.begin("GET", "/", null, "HTTP/1.1", client(null, Map.of()));
            transaction.becameTunnel();
            transaction.end(1, 2);
        };
        assertThat(line(AccessLogFormat.ALB, true, request)).startsWith("ws ");
    }

    /**
     * What does not fit is counted, and the rest is written once the output goes on. Threads that serve requests do not
     * wait.
     */
    @Test
    void whatExceedsTheQueueIsCounted() throws Exception {
        CountDownLatch mayGoOn = new CountDownLatch(1);
        AccessLog log = held(mayGoOn, written::append);
        for (int i = 0; i < 2 * AccessLog.CAPACITY + 7; i++) {
            refused(observation(log));
        }
        assertThat(log.lost()).isEqualTo(AccessLog.CAPACITY + 7);
        mayGoOn.countDown();
        log.close();
        assertThat(written.toString().lines()).hasSize(AccessLog.CAPACITY + 1);
        refused(observation(log));
        assertThat(written.toString().lines()).as("after its end").hasSize(AccessLog.CAPACITY + 2);
        assertThat(log.lost()).isEqualTo(AccessLog.CAPACITY + 7);
    }

    /** Each piece used to cost a stack trace, a hundred in five seconds, on a disk that was full already. */
    @Test
    void whatCannotBeWrittenIsSaidInOneLine() {
        try (LogLines lines = LogLines.of(AccessLog.class)) {
            AccessLog log = json(piece -> {
                throw new UncheckedIOException(new IOException("No space left on device"));
            });
            refused(observation(log));
            log.close();
            assertThat(log.lost()).isEqualTo(1);
            assertThat(lines.all())
                    .containsExactly("Requests lost to the access log: 1; it could not be written: "
                            + "java.io.IOException: No space left on device");
        }
    }

    @Test
    void eachRequestOfAPieceThatCannotBeWrittenIsCounted() throws Exception {
        CountDownLatch mayGoOn = new CountDownLatch(1);
        AccessLog log = held(mayGoOn, lines -> {
            throw new IllegalStateException("for a test");
        });
        for (int i = 0; i < 7; i++) {
            refused(observation(log)); // all in the next piece
        }
        mayGoOn.countDown();
        log.close();
        assertThat(log.lost()).isEqualTo(8);
    }

    @Test
    void aLineThatFailsLeavesNoPartOfItself() {
        Map<String, String> failing = new AbstractMap<>() {
            @Override
            public Set<Map.Entry<String, String>> entrySet() {
                throw new IllegalStateException("for a test");
            }

            @Override
            public Collection<String> values() {
                return List.of();
            }
        };
        AccessLog log = log(AccessLogFormat.JSON, true);
        observation(log)
                .begin("GET", "/failing", null, "HTTP/1.1", client(null, failing))
                .end(0, 0);
        refused(observation(log));
        log.close();
        assertThat(log.lost()).isEqualTo(1);
        assertThat(written.toString().lines()).hasSize(1).allMatch(line -> line.startsWith("{") && line.endsWith("}"));
        assertThat(written.toString()).contains("\"path\":\"/x\"").doesNotContain("failing");
    }

    /** Otherwise clients could make the queue hold a thousand times the memory intended for it. */
    @Test
    void whatIsLongCountsAsSeveral() throws Exception {
        CountDownLatch mayGoOn = new CountDownLatch(1);
        AccessLog log = held(mayGoOn, written::append);
        Map<String, String> headers = Map.of("User-Agent", "a".repeat(2 * 1024));
        String host = "h".repeat(1024);
        Client client = new Client("192.0.2.7", 2817, "http", host, host, 80, null, null, headers);
        for (int i = 0; i < AccessLog.CAPACITY / 8 + 7; i++) {
            observation(log)
                    .begin("GET", "/" + "p".repeat(2 * 1024), "q".repeat(1024), "HTTP/1.1", client)
                    .end(0, 0);
        }
        assertThat(log.lost()).isEqualTo(7);
        mayGoOn.countDown();
        log.close();
        assertThat(written.toString().lines()).hasSize(AccessLog.CAPACITY / 8 + 1);
        refused(observation(log));
        assertThat(log.lost()).isEqualTo(7);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void everyRequestOfManyThreadsHasItsLine() throws Exception {
        var threads = Executors.newFixedThreadPool(4);
        try (AccessLog log = log(AccessLogFormat.JSON, true)) {
            Observation observation = observation(log);
            for (var client : threads.invokeAll(IntStream.range(0, 4)
                    .<java.util.concurrent.Callable<Void>>mapToObj(i -> () -> {
                        for (int k = 0; k < 1000; k++) {
                            observation
                                    .begin("GET", "/" + i + "/" + k, null, "HTTP/1.1", null)
                                    .end(0, 0);
                        }
                        return null;
                    })
                    .toList())) {
                client.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(written.toString().lines()).hasSize(4000).doesNotHaveDuplicates();
    }

    /** A failure of the output must not end the writer thread. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anOutputThatFailsOnceGoesOn(boolean withAnError) {
        CountDownLatch failed = new CountDownLatch(1);
        try (AccessLog log = json(lines -> {
            if (failed.getCount() > 0) {
                failed.countDown();
                if (withAnError) {
                    throw new StackOverflowError("for a test");
                }
                throw new IllegalStateException("for a test");
            }
            written.append(lines);
        })) {
            refused(observation(log));
            await(failed);
            refused(observation(log));
        }
        assertThat(written.toString().lines()).hasSize(1);
    }
}
