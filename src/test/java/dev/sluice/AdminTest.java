package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.target.TargetGroup;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Handler;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The parts of the pages below ADMIN_PATH that depend on the configuration; the contract suite covers the rest. */
class AdminTest {

    private static final String PATH = "/-/sluice";
    private static final String TOKEN = "only-the-operators-of-this-test-know-this";

    private static String ask(ProxyInJetty proxy, String from, String request) throws Exception {
        return proxy.ask(from, request + " HTTP/1.1", "Host: localhost", "Content-Length: 0");
    }

    @Test
    void withoutAPathItIsAPathLikeAnyOther() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty()) {
            assertThat(ask(proxy, "127.0.0.1", "GET " + PATH + "/live")).startsWith("HTTP/1.1 200 ");
            assertThat(proxy.requests()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /-/sluice/live", "GET /-/sluice/nothing", "POST /-/sluice/targets/one/x/drain"})
    void whoIsNotAllowedIsAnsweredAsIfThereWereNothing(String request) throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH, "ADMIN_ALLOW", "127.0.0.7")) {
            String refused = ask(proxy, "127.0.0.1", request);
            assertThat(refused).startsWith("HTTP/1.1 404 ");
            assertThat(ProxyInJetty.values(refused, "Content-Length")).containsExactly("0");
            assertThat(ask(proxy, "127.0.0.7", "GET " + PATH + "/live")).startsWith("HTTP/1.1 200 ");
            assertThat(proxy.requests()).isEmpty();
        }
    }

    /** A proxy on the same machine has an address of this machine, whoever its client is. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Forwarded: for=127.0.0.1",
                "X-Forwarded-For: 127.0.0.1",
                "x-forwarded-proto: https",
                "X-Forwarded-Host: localhost",
                "X-Real-IP: ::1",
                "via: 1.1 x"
            })
    void whatCameByAProxyIsNotOfThisMachineUnlessItIsSaidWhoseRequestsAreAnswered(String field) throws Exception {
        String request = "GET " + PATH + "/live HTTP/1.1";
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH)) {
            assertThat(proxy.ask("127.0.0.1", request, "Host: localhost", field))
                    .startsWith("HTTP/1.1 404 ");
            assertThat(proxy.requests()).isEmpty();
        }
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH, "ADMIN_ALLOW", "127.0.0.0/8")) {
            assertThat(proxy.ask("127.0.0.1", request, "Host: a", field)).startsWith("HTTP/1.1 200 ");
        }
    }

    /** A site whose name resolves to this machine is of the same origin as the pages to a browser. */
    @ParameterizedTest
    @CsvSource({
        "localhost, 200",
        "LOCALHOST:8080, 200",
        "sluice.localhost:80, 200",
        "127.0.0.1:8080, 200",
        "127.8.8.8, 200",
        "[::1]:8080, 200",
        "evil.example, 404",
        "evil.example:8080, 404",
        "localhost.evil.example, 404",
        "evillocalhost, 404",
        "127.0.0.1.evil.example, 404",
        "10.0.0.1, 404",
        "0.0.0.0, 404",
    })
    void itIsOnlyAtNamesOfThisMachineUnlessItIsSaidWhoseRequestsAreAnswered(String host, int status) throws Exception {
        String request = "GET " + PATH + "/live HTTP/1.1";
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH)) {
            assertThat(proxy.ask("127.0.0.1", request, "Host: " + host)).startsWith("HTTP/1.1 " + status);
        }
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH, "ADMIN_ALLOW", "127.0.0.1")) {
            assertThat(proxy.ask("127.0.0.1", request, "Host: " + host)).startsWith("HTTP/1.1 200 ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "cross-site, no-cors, 404",
        "cross-site, cors, 404",
        "cross-site, navigate, 200",
        "same-origin, cors, 200",
        "none, navigate, 200",
    })
    void anotherSiteMayLeadToItButNotReadIt(String site, String mode, int status) throws Exception {
        assertThatABrowserGets(status, "Host: localhost", "Sec-Fetch-Site: " + site, "Sec-Fetch-Mode: " + mode);
    }

    /** Whatever ADMIN_ALLOW says. */
    private static void assertThatABrowserGets(int status, String... fields) throws Exception {
        for (String allowed : List.of("", "127.0.0.1")) {
            try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH, "ADMIN_ALLOW", allowed)) {
                assertThat(proxy.ask("127.0.0.1", "GET " + PATH + "/live HTTP/1.1", fields))
                        .startsWith("HTTP/1.1 " + status);
            }
        }
    }

    /** In clear text, a browser says no more than this. */
    @ParameterizedTest
    @CsvSource({
        "http://localhost, localhost, 200",
        "http://localhost:8080, LOCALHOST:8080, 200",
        "http://[::1]:8080, [::1]:8080, 200",
        "http://localhost:8081, localhost:8080, 404",
        "https://localhost:8080, localhost:8080, 404",
        "http://evil.example, localhost, 404",
        "null, localhost, 404",
    })
    void anotherOriginMayNotReadIt(String origin, String host, int status) throws Exception {
        assertThatABrowserGets(status, "Host: " + host, "Origin: " + origin);
    }

    /** Behind a proxy that ends TLS, Sluice cannot know its own origin, but a browser that has come by TLS says more. */
    @Test
    void whatABrowserSaysOfTheSiteCountsMoreThanItsOrigin() throws Exception {
        assertThatABrowserGets(
                200,
                "Host: localhost",
                "Origin: https://ops.example",
                "Sec-Fetch-Site: same-origin",
                "Sec-Fetch-Mode: cors");
    }

    @Test
    void itIsReadyWhenEveryGroupThatARuleForwardsToHasATarget() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty(
                "ADMIN_PATH", PATH, "TARGET_GROUP_9_NAME", "unused", "TARGET_GROUP_9_TARGETS", "nowhere.invalid:80")) {
            assertThat(ask(proxy, "127.0.0.1", "GET " + PATH + "/ready")).startsWith("HTTP/1.1 200 ");
        }
    }

    private static HttpResponse<byte[]> metrics(ProxyInJetty proxy, String... fields) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + PATH + "/metrics"));
        if (fields.length > 0) {
            request.headers(fields);
        }
        return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofByteArray());
    }

    /** With a thousand targets, the text has six megabytes. */
    @Test
    void metricsAreCompressedForThoseWhoTakeThat() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH)) {
            HttpResponse<byte[]> compressed = metrics(proxy, "Accept-Encoding", "gzip");
            assertThat(compressed.headers().allValues("Content-Encoding")).containsExactly("gzip");
            assertThat(compressed.headers().allValues("Vary")).containsExactly("Accept, Accept-Encoding");
            InputStream text = new GZIPInputStream(new ByteArrayInputStream(compressed.body()));
            assertThat(new String(text.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("\nsluice_draining 0.0\n")
                    .hasSizeGreaterThan(2 * compressed.body().length);
            assertThat(metrics(proxy).headers().allValues("Content-Encoding")).isEmpty();
        }
    }

    @Test
    void triesThatFailAreCountedByTheirTargetAndWhy() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH)) {
            proxy.answer(head -> "what?\r\n\r\n");
            assertThat(ask(proxy, "127.0.0.1", "GET /")).startsWith("HTTP/1.1 502 ");
            assertThat(new String(metrics(proxy).body(), StandardCharsets.UTF_8))
                    .contains(
                            "\nsluice_target_failed_attempts_total{cause=\"not_http\",group=\"one\",target=\"127.0.0.1:"
                                    + proxy.targetPort() + "\"} 1.0\n");
        }
    }

    /** Their name is the same, and the target that drains is still busy. */
    @Test
    void aTargetIsNotSafeToStopWhileItIsBusyUnderAFormerConfiguration() throws Exception {
        String[] variables = {"ADMIN_PATH", PATH, "ADMIN_TOKEN", TOKEN};
        CompletableFuture<String> answer = new CompletableFuture<>();
        try (ProxyInJetty proxy = new ProxyInJetty(variables)) {
            proxy.answer(head -> answer.join());
            try (Socket client = proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a", "Connection: close")) {
                await().until(() -> !proxy.requests().isEmpty());
                proxy.reload(with(variables, "TARGET_GROUP_1_PROTOCOL", "HTTPS"));
                assertThat(change(proxy, "drain")).startsWith("HTTP/1.1 202 ").endsWith("\"inFlight\":1}\n");
                proxy.reload(with(variables, "TARGET_GROUP_1_NAME", "other", "LISTENER_RULE_1_TARGET_GROUP", "other"));
                assertThat(change(proxy, "drain")).startsWith("HTTP/1.1 202 ").endsWith("\"inFlight\":1}\n");
                answer.complete(ProxyInJetty.OK);
                assertThat(change(proxy, "drain?wait=60"))
                        .startsWith("HTTP/1.1 200 ")
                        .endsWith("\"inFlight\":0}\n");
                assertThat(all(client)).startsWith("HTTP/1.1 200 ");
            }
        }
    }

    /** It is the log that fails. Once, a former configuration went on to show what it saw for ever then. */
    @Test
    @Timeout(60)
    void whoLooksAtAFormerConfigurationIsSentAwayWhateverFails() throws Exception {
        Logger groups = Logger.getLogger(TargetGroup.class.getPackageName());
        Logger balancers = Logger.getLogger(LoadBalancer.class.getName());
        Handler full = new FullOf("is DRAINING");
        Handler fullToo = new FullOf("not everything went over");
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH);
                Socket viewer = proxy.begin(
                        "127.0.0.1", "GET " + PATH + "/events HTTP/1.1", "Host: localhost", "Connection: close")) {
            assertThat(ProxyInJetty.head(viewer.getInputStream())).startsWith("HTTP/1.1 200 ");
            groups.addHandler(full);
            balancers.addHandler(fullToo);
            try {
                proxy.reload("TARGET_GROUP_1_TARGETS", "127.0.0.1:1");
            } finally {
                groups.removeHandler(full);
                balancers.removeHandler(fullToo);
            }
            assertThat(proxy.live().current().admin()).isNull();
            assertThat(all(viewer)).contains("retry: 1000"); // to its end
        }
    }

    /** It will not be back soon. */
    @Test
    void whoWaitsIsAnsweredWhenAllIsCutOff() throws Exception {
        assertThat(retryAfterOfWhoWaits("86400000", true)).isEmpty();
    }

    /** Once, the client was not told to come again, and the wait was not seen in the log. */
    @Test
    void whoWaitsForATargetThatIsTakenOutHasWaitedInVain() throws Exception {
        assertThat(retryAfterOfWhoWaits("1000", false)).containsExactly("1");
    }

    /** What a request is told that waits for the only target, which is taken out meanwhile. */
    private static List<String> retryAfterOfWhoWaits(String queueTimeoutMillis, boolean cutsOff) throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        try (ProxyInJetty proxy = new ProxyInJetty(
                "ADMIN_PATH",
                PATH,
                "ADMIN_TOKEN",
                TOKEN,
                "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET",
                "1",
                "TARGET_GROUP_1_QUEUE_SIZE",
                "1",
                "QUEUE_TIMEOUT_MILLISECONDS",
                queueTimeoutMillis)) {
            proxy.answer(head -> answer.join());
            try (Socket first = proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a", "Connection: close")) {
                await().until(() -> !proxy.requests().isEmpty());
                try (Socket waiting = proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a", "Connection: close")) {
                    TargetGroup group = proxy.live().current().targetGroups().get(0);
                    await().until(() -> group.waiting() == 1);
                    assertThat(change(proxy, "drain")).startsWith("HTTP/1.1 202 ");
                    if (cutsOff) {
                        end(first, answer);
                        proxy.live().cutOff(Duration.ofSeconds(10));
                    }
                    String refused = all(waiting);
                    assertThat(refused).startsWith("HTTP/1.1 503 ");
                    if (!cutsOff) {
                        end(first, answer);
                    }
                    return ProxyInJetty.values(refused, "Retry-After");
                }
            }
        }
    }

    private static void end(Socket client, CompletableFuture<String> answer) throws IOException {
        answer.complete(ProxyInJetty.OK);
        assertThat(all(client)).startsWith("HTTP/1.1 200 ");
    }

    private static String all(Socket client) throws IOException {
        return new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** A name stays out, also where the group has been removed and is configured again. */
    @Test
    void whatIsOutStaysOutWhenItsGroupComesBack() throws Exception {
        String[] variables = {"ADMIN_PATH", PATH, "ADMIN_TOKEN", TOKEN};
        CompletableFuture<String> answer = new CompletableFuture<>();
        try (ProxyInJetty proxy = new ProxyInJetty(variables)) {
            proxy.answer(head -> answer.join());
            try (Socket client = proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a", "Connection: close")) {
                await().until(() -> proxy.requests().size() == 1);
                assertThat(change(proxy, "drain")).startsWith("HTTP/1.1 202 ");
                proxy.reload(with(variables, "TARGET_GROUP_1_NAME", "other", "LISTENER_RULE_1_TARGET_GROUP", "other"));
                proxy.reload(variables);
                assertThat(ask(proxy, "127.0.0.1", "GET /2")).startsWith("HTTP/1.1 503 ");
                assertThat(change(proxy, "drain")).startsWith("HTTP/1.1 202 ").contains("\"inFlight\":1");
                answer.complete(ProxyInJetty.OK);
                assertThat(all(client)).startsWith("HTTP/1.1 200 ");
            }
            await().until(() -> change(proxy, "drain").startsWith("HTTP/1.1 200 "));
            assertThat(proxy.requests()).hasSize(1);
        }
    }

    private static String[] with(String[] variables, String... more) {
        return Stream.of(variables, more).flatMap(Stream::of).toArray(String[]::new);
    }

    /** The whole response to an operator's action on the target. */
    private static String change(ProxyInJetty proxy, String action) throws Exception {
        try (Socket operator = proxy.begin(
                "127.0.0.1",
                "POST " + PATH + "/targets/one/127.0.0.1:" + proxy.targetPort() + "/" + action + " HTTP/1.1",
                "Host: localhost",
                "Content-Length: 0",
                "Authorization: Bearer " + TOKEN,
                "Connection: close")) {
            return all(operator);
        }
    }

    @Test
    void withoutATokenNothingCanBeChanged() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH)) {
            String drain = "POST " + PATH + "/targets/one/127.0.0.1:" + proxy.targetPort() + "/drain";
            assertThat(ask(proxy, "127.0.0.1", drain)).startsWith("HTTP/1.1 403 ");
            assertThat(ask(proxy, "127.0.0.1", "GET /")).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void theLogSaysInShortWhatARefusalSaysAtLength() throws Exception {
        String many =
                IntStream.range(0, 200).mapToObj(i -> "10.0.0." + i + ":80").collect(Collectors.joining(","));
        try (ProxyInJetty proxy =
                        new ProxyInJetty("ADMIN_PATH", PATH, "ADMIN_TOKEN", TOKEN, "TARGET_GROUP_1_TARGETS", many);
                LogLines log = LogLines.of("dev.sluice.errors")) {
            assertThat(change(proxy, "drain"))
                    .startsWith("HTTP/1.1 404 ")
                    .contains("one has no target 127.0.0.1", ", 10.0.0.199:80");
            assertThat(log.all())
                    .singleElement()
                    .satisfies(line -> assertThat(line)
                            .contains("one has no target 127.0.0.1", "(asked by 127.0.0.1)")
                            .hasSizeLessThan(500));
        }
    }

    @Test
    void theLogSaysWhoWasRefused() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH);
                LogLines log = LogLines.of("dev.sluice.errors")) {
            ask(proxy, "127.0.0.1", "POST " + PATH + "/targets/one/x/drain");
            ask(proxy, "127.0.0.1", "GET " + PATH + "/nothing");
            proxy.ask("127.0.0.1", "GET " + PATH + "/live HTTP/1.1", "Host: localhost", "Via: 1.1 x");
            assertThat(log.all()).hasSize(3).allSatisfy(line -> assertThat(line).contains("127.0.0.1"));
        }
    }
}
