package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.contract.host.Host;
import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.JettyHost;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.host.TomcatHost;
import dev.sluice.contract.wire.Http2Client;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.TargetExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What hosts do differently, or wrongly, for clients that speak HTTP/2. */
@Timeout(120)
@ParameterizedClass
@MethodSource("hosts")
class Http2ClientsIT {

    /** Bytes: less than a window, and more. */
    private static final int SHORT = 20_000;

    private static final int LONG = 200_000;

    /** Enough for some to be reset within the servlet's call. */
    private static final int RESET = 60;

    /** Enough for some to be reset while the host ends their response. */
    private static final int LEFT = 40;

    /** For each of them, so that the host does not take them for a flood. */
    private static final int TAKEN = 20;

    /** More than a host's limit in a second, if these take not much more than that. */
    private static final int MANY = 400;

    /** Is answered before the request's body has come. */
    private static final String EARLY = "/web/early";

    /** The response begins before the request's body has come, and breaks off when it comes. */
    private static final String BROKEN = "/web/broken";

    /** Has trailers, which come when the target has had the body. */
    private static final String TRAILED = "/web/trailed";

    /** The paths of the requests whose head has come to the target, in order. */
    private static final BlockingQueue<String> ARRIVED = new LinkedBlockingQueue<>();

    private static ScriptedTarget target;
    private static HostProcess sluice;

    @Parameter
    Host host;

    private Http2Client client;

    static Stream<Host> hosts() {
        return Stream.of(
                new LauncherHost(),
                TomcatHost.tomcat10().withHttp2(),
                TomcatHost.tomcat11().withHttp2(),
                JettyHost.ee10());
    }

    @BeforeAll
    static void open() throws IOException {
        target = ScriptedTarget.of("target", new Scenes(Http2ClientsIT::serve));
    }

    @AfterAll
    static void close() throws IOException {
        target.close();
    }

    @BeforeParameterizedClassInvocation
    static void startOnce(Host host) throws IOException {
        sluice = start(host);
    }

    @AfterParameterizedClassInvocation
    static void stop() throws IOException {
        try (HostProcess last = sluice) {
            // Once, in Tomcat, clients that had only left were logged as responses that a filter refuses.
            assertThat(last.log()).noneMatch(line -> line.contains("refused the response"));
        }
    }

    private static HostProcess start(Host host) throws IOException {
        Settings settings = new Settings();
        settings.groupAtItsName("web", target.address());
        settings.set("EJECTION_CONSECUTIVE_FAILURES", "0");
        return host.start(settings.variables()).awaitReady("/web/short");
    }

    @BeforeEach
    void connect() throws IOException {
        client = Http2Client.connect(sluice.port());
    }

    @AfterEach
    void leave() throws IOException {
        client.close();
    }

    private static void serve(TargetExchange exchange) throws IOException {
        if (exchange.head().requestTarget().equals(TRAILED)) {
            ARRIVED.add(new String(exchange.body().readNBytes(5), StandardCharsets.US_ASCII));
            exchange.readBody();
            exchange.answer("200 OK", String.join("\n", exchange.trailers()));
            return;
        }
        if (exchange.head().requestTarget().equals(EARLY)) {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("early");
        }
        if (exchange.head().requestTarget().equals(BROKEN)) {
            Script.BREAK_OFF.play(exchange);
            return;
        }
        ARRIVED.add(exchange.head().requestTarget());
        exchange.readBody();
        switch (exchange.head().requestTarget()) {
            case "/web/head" -> exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: 12345");
            case "/web/chunked" -> exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            case "/web/begun" -> {
                exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
                exchange.sendChunk("x");
            }
            case "/web/nothing" -> exchange.sendHead("HTTP/1.1 204 No Content");
            case "/web/reset" -> exchange.sendHead("HTTP/1.1 205 Reset Content", "Content-Length: 0");
            case "/web/long" -> exchange.answer("200 OK", "x".repeat(LONG));
            default -> exchange.answer("200 OK", "x".repeat(SHORT));
        }
    }

    /** Sends a request, reads the response, and returns its head. */
    private String head(String method, String path) throws IOException {
        return head(client, method, path);
    }

    private static String head(Http2Client client, String method, String path) throws IOException {
        client.sendWithoutBody(method, path).readResponse();
        return client.lastHead();
    }

    /** HTTP/2 has no connections that close, and no client is told a length that its target has not stated. */
    @Test
    void requestsAreAnswered() throws IOException {
        for (int i = 0; i < 3; i++) {
            assertThat(head("GET", "/web/short")).contains(":status: 200");
            assertThat(client.lastBodyLength()).isEqualTo(SHORT);
            assertThat(head("GET", "/web/long")).contains(":status: 200");
            assertThat(client.lastBodyLength()).isEqualTo(LONG);
            assertThat(head("HEAD", "/web/head")).contains(":status: 200", "content-length: 12345");
            assertThat(head("HEAD", "/web/chunked"))
                    .contains(":status: 200")
                    .doesNotContain("content-length", "transfer-encoding");
            assertThat(head("GET", "/web/nothing")).contains(":status: 204").doesNotContain("content-length");
            assertThat(head("GET", "/web/reset")).contains(":status: 205");
            assertThat(head("HEAD", "/elsewhere")).contains(":status: 404");
            assertThat(head("GET", "/web/..%2fa")).contains(":status: 400").doesNotContain("connection:");
        }
    }

    /** Once, hosts that leave its bytes as they are over HTTP/2 made four bytes of two. */
    @Test
    void aQueryPassesByteForByte() throws Exception {
        assumeThat(host.toString()).doesNotStartWith("tomcat"); // refuses raw bytes
        ARRIVED.clear();
        for (String query : List.of("/web/q?caf\u00c3\u00a9", "/web/q?caf\u00e9")) {
            assertThat(head("GET", query)).contains(":status: 200");
            awaitArrival(query);
        }
    }

    /** Tomcat throws an exception when it is asked for such a length, which once was an internal error. */
    @ParameterizedTest
    @ValueSource(strings = {"abc", "3, 3", "+3", "", "99999999999999999999"})
    void aMalformedLengthIsRefused(String length) throws Exception {
        assumeThat(host.toString()).startsWith("tomcat"); // others refuse it themselves
        String path = "/web/malformed/" + length.length();
        client.sendHead("POST", path, "Content-Length: " + length);
        sluice.awaitLogLine("400 POST " + path + ": Content-Length is malformed");
        assertThat(client.readResponse()).contains(":status: 400");
    }

    /** Once, Tomcat told nobody of such an end, and the request failed after ten seconds. */
    @Test
    void trailersThatComeLateEndTheRequest() throws Exception {
        ARRIVED.clear();
        client.sendHead("POST", TRAILED).send("first");
        awaitArrival("first");
        client.endWithTrailers("x-checksum: 1").readResponse();
        assertThat(client.lastHead()).contains(":status: 200");
    }

    /** Once, they were lost where they had come before the body was looked for: there was none. */
    @Test
    void trailersPassWithoutABody() throws Exception {
        ARRIVED.clear();
        for (int i = 0; i < 3; i++) { // they may come just in time; if not, Tomcat takes five seconds
            client.sendHead("POST", TRAILED).endWithTrailers("x-checksum: 1").readResponse();
            assertThat(client.lastBodyLength()).isEqualTo("x-checksum: 1".length());
        }
    }

    /** RFC 9113 section 5.4.2. Once, Tomcat closed the connection if the response was just being ended. */
    @Test
    void aConnectionOutlivesStreamsThatItsClientResets() throws IOException {
        assumeThat(host.toString()).doesNotStartWith("tomcat-10"); // closes it itself, once in thousands of resets
        client.openWindow();
        for (int i = 0; i < LEFT; i++) {
            client.sendWithoutBody("GET", "/web/short").awaitBody();
            client.reset();
            for (int j = 0; j < TAKEN; j++) {
                client.sendWithoutBody("GET", "/web/short").awaitResponse();
            }
        }
    }

    /** As Go's clients of gRPC do, to learn how much may be under way to them. Once, Jetty took that for an attack. */
    @Test
    void whoPingsForEachPieceOfItsResponsesIsServed() throws IOException {
        client.openWindow();
        for (int i = 0; i < MANY; i++) {
            client.sendWithoutBody("GET", "/web/short").awaitResponsePinging();
        }
    }

    /** As Go's clients do, once they have read as much as the length says. Once, Jetty took that for an attack. */
    @Test
    void whoResetsWhatHasBeenAnsweredIsServed() throws IOException {
        assumeThat(host.toString()).doesNotStartWith("tomcat"); // takes that for an attack, too
        client.openWindow();
        for (int i = 0; i < MANY; i++) {
            client.sendWithoutBody("GET", "/web/short").awaitResponse();
            client.reset();
        }
    }

    /** As Go's clients do for each 4 KiB, which they may have read after the end. Once, Jetty took that for an attack. */
    @Test
    void whoOpensTheWindowOfWhatHasEndedIsServed() throws IOException {
        client.openWindow();
        for (int i = 0; i < MANY; i++) {
            client.sendWithoutBody("GET", "/web/short").awaitResponse();
            client.openWindowOfStream();
        }
    }

    /** RFC 9113 section 5.1: it cannot know yet that nobody reads. Once, Jetty took that for an attack. */
    @Test
    void whoseUploadIsBrokenOffIsServed() throws IOException {
        assumeThat(host.toString()).doesNotStartWith("tomcat"); // takes that for an attack, too
        breakOff();
        for (int i = 0; i < MANY; i++) {
            client.send("x");
        }
        client.end("");
        assertThat(head("GET", "/web/short")).contains(":status: 200");
    }

    /** Once, Jetty took that for an attack. */
    @Test
    void whoseResponsesAreBrokenOffIsServed() throws IOException {
        assumeThat(host.toString()).doesNotStartWith("tomcat"); // takes that for an attack, too
        for (int i = 0; i < MANY; i++) {
            breakOff();
        }
    }

    private void breakOff() throws IOException {
        client.sendHead("POST", BROKEN).awaitBody();
        client.send("x").awaitReset();
    }

    /** Once, Jetty took that for an attack. */
    @Test
    void whoLeavesResponsesThatHaveBegunIsServed() throws IOException {
        assumeThat(host.toString()).doesNotStartWith("tomcat"); // takes that for an attack, too
        for (int i = 0; i < MANY; i++) {
            client.sendWithoutBody("GET", "/web/begun").awaitBody();
            client.reset();
        }
    }

    /**
     * RFC 9113 section 8.1.1. Hosts reset such a request's stream, and tell nobody. Once, it stayed in flight for ever.
     */
    @Test
    void aBodyThatContradictsItsLengthEnds() throws Exception {
        ARRIVED.clear();
        try (Http2Client early = Http2Client.connect(sluice.port())) {
            client.sendHead("POST", "/web/late", "Content-Length: 1000");
            awaitArrival("/web/late");
            early.sendHead("POST", EARLY, "Content-Length: 1000");
            awaitArrival(EARLY);
            early.awaitBody();
            client.end("x");
            early.end("x");
            sluice.awaitLogLine("POST /web/late: web");
            sluice.awaitLogLine("POST " + EARLY + ": web");
        }
    }

    /** From then on, the host is asked for data. */
    private static void awaitArrival(String path) throws InterruptedException {
        assertThat(ARRIVED.poll(20, TimeUnit.SECONDS)).isEqualTo(path);
    }

    /**
     * Once, Tomcat forgot those that it found reset at the end of the servlet's call: they stayed in flight for ever, and
     * requests of other clients were answered 500.
     */
    @Test
    void requestsThatAreResetRightBehindTheirBodyEnd() throws Exception {
        List<Http2Client> leaving = new ArrayList<>();
        try (HostProcess own = start(host);
                Http2Client other = Http2Client.connect(own.port())) {
            for (int i = 0; i < RESET; i++) {
                leaving.add(Http2Client.connect(own.port())
                        .sendHead("POST", "/web/short")
                        .end("x".repeat(1000))
                        .reset());
            }
            for (int i = 0; i < RESET; i++) {
                assertThat(head(other, "GET", "/web/short")).contains(":status: 200");
            }
            own.terminate();
            own.awaitExit();
            assertThat(own.log()).noneMatch(line -> line.contains("in flight were cut off"));
        } finally {
            for (Http2Client left : leaving) {
                left.close();
            }
        }
    }
}
