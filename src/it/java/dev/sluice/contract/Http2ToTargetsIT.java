package dev.sluice.contract;

import static dev.sluice.contract.wire.Http2Target.CANCEL;
import static dev.sluice.contract.wire.Http2Target.END_STREAM;
import static dev.sluice.contract.wire.Http2Target.INTERNAL_ERROR;
import static dev.sluice.contract.wire.Http2Target.NO_ERROR;
import static dev.sluice.contract.wire.Http2Target.REFUSED_STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.Http2Client;
import dev.sluice.contract.wire.Http2Target;
import dev.sluice.contract.wire.Http2Target.Connection;
import dev.sluice.contract.wire.Http2Target.Frame;
import dev.sluice.contract.wire.Http2Target.Script;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * HTTP/2 to targets, frame by frame. All tests share one process. Each target has its own group, whose second target,
 * if there is one, behaves well.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class Http2ToTargetsIT {

    private static final int PIECE = 1000;
    private static final int PIECES = 1000;
    private static final int PADDING = 255;

    /** What a target does, and the status that its client gets. */
    private enum Manners {
        GOOD(200, Http2ToTargetsIT::answerAll),
        TRAILING(200, connection -> answerTrailing(connection, "checksum", "17")),
        PADDED(200, connection -> {
            connection.greet();
            int stream = connection.readRequest();
            connection.sendHeaders(stream, 0, ":status", "200");
            for (int i = 0; i < PIECES; i++) {
                connection.awaitRoom(1 + PIECE + PADDING);
                connection.sendPadded(stream, i == PIECES - 1 ? END_STREAM : 0, "x".repeat(PIECE), PADDING);
            }
            connection.goAway(stream, NO_ERROR); // awaitRoom supports one request only
            connection.awaitEnd();
        }),
        /** The window is used up by the padding of a response that is passed on when it is whole. */
        SHORT_AND_PADDED(200, connection -> {
            connection.greet();
            int stream = connection.readRequest();
            connection.sendHeaders(stream, 0, ":status", "200", "content-length", "400");
            for (int i = 0; i < 400; i++) {
                connection.awaitRoom(1 + 1 + PADDING);
                connection.sendPadded(stream, i == 399 ? END_STREAM : 0, "x", PADDING);
            }
            connection.goAway(stream, NO_ERROR);
            connection.awaitEnd();
        }),
        SHORT_AND_TRAILING(200, connection -> {
            connection.greet();
            int stream = connection.readRequest();
            connection.sendHeaders(stream, 0, ":status", "200", "content-length", "4");
            connection.sendData(stream, 0, "text");
            connection.sendHeaders(stream, END_STREAM, "checksum", "17");
            connection.goAway(stream, NO_ERROR);
            connection.awaitEnd();
        }),
        /** Frames of types that nobody has to know (RFC 9113 section 5.5): ALTSVC, ORIGIN, and one that means nothing. */
        WITH_OTHER_FRAMES(200, connection -> {
            connection.greet();
            int stream = connection.readRequest();
            connection.send(0xa, 0, stream, new byte[3]);
            connection.send(0xc, 0, 0, new byte[0]);
            connection.send(0xc, 0, 0, new byte[2]);
            connection.send(0x42, 0xff, stream, new byte[300]);
            connection.answer(stream, "good");
            connection.send(0x42, 0, 0, new byte[1]);
            answerAll(connection, connection.readRequest());
        }),
        /** The response to HEAD: the end of the stream comes in a frame of its own. */
        BODILESS(200, connection -> {
            connection.greet();
            int stream = connection.readRequest();
            connection.sendHeaders(stream, 0, ":status", "200", "content-length", "1000");
            connection.sendData(stream, END_STREAM, "");
            answerAll(connection, connection.readRequest());
        }),
        EARLY(413, connection -> {
            connection.greet();
            Frame head = connection.read();
            connection.sendHeaders(head.stream(), END_STREAM, ":status", "413");
            connection.resetStream(head.stream(), NO_ERROR);
            connection.awaitEnd();
        }),
        TOO_SHORT(502, connection -> answerWith(connection, "10", "short")),
        TOO_LONG(502, connection -> answerWith(connection, "3", "too long")),
        NO_LENGTH(502, connection -> answerWith(connection, "-1", "text")),
        NOTHING_OF_IT(502, connection -> {
            connection.greet();
            connection.sendHeaders(connection.readRequest(), END_STREAM, ":status", "200", "content-length", "4");
            connection.awaitEnd();
        }),
        INTERIM_TO_THE_END(502, connection -> {
            connection.greet();
            connection.sendHeaders(connection.readRequest(), END_STREAM, ":status", "100");
            connection.awaitEnd();
        }),
        UPPER_CASE(502, connection -> {
            connection.greet();
            connection.sendHeaders(connection.readRequest(), END_STREAM, ":status", "200", "Field", "value");
            connection.awaitEnd();
        }),
        TRAILING_LATE(200, connection -> {
            connection.greet();
            while (true) {
                int stream = connection.readRequest();
                connection.sendHeaders(stream, 0, ":status", "200", "content-length", "10000");
                connection.sendData(stream, 0, "x".repeat(10_000));
                Wire.pause(Duration.ofMillis(200)); // the last byte has come, and the end has not
                connection.sendHeaders(stream, END_STREAM, "checksum", "17");
            }
        }),
        ENDLESS(200, connection -> {
            connection.greet();
            int stream = connection.readRequest();
            connection.sendHeaders(stream, 0, ":status", "200", "content-length", "10000");
            connection.sendData(stream, 0, "x".repeat(9_000));
            Wire.pause(Duration.ofMillis(200)); // the client has that
            connection.sendData(stream, 0, "x".repeat(1_000));
            connection.awaitEnd();
        }),
        CANCELLING(200, connection -> {
            connection.greet();
            Frame frame = connection.read();
            connection.sendHeaders(frame.stream(), 0, ":status", "200", "content-type", "application/grpc");
            while (!frame.endsStream()) {
                frame = connection.read(); // the client sends its message when it has that
            }
            connection.resetStream(frame.stream(), CANCEL);
            connection.awaitEnd();
        }),
        NAMELESS_TRAILER(200, connection -> answerTrailing(connection, "", "x")),
        SPLIT_TRAILER(200, connection -> answerTrailing(connection, "checksum", "17\r\nSet-Cookie: evil=1")),
        RESET(502, connection -> {
            connection.greet();
            connection.resetStream(connection.readRequest(), INTERNAL_ERROR);
            connection.awaitEnd();
        }),
        GOING_WITH_AN_ERROR(502, connection -> {
            connection.greet();
            connection.goAway(connection.readRequest(), INTERNAL_ERROR);
            connection.awaitEnd();
        }),
        HTTP1(502, connection -> {
            connection.sendRaw("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            connection.awaitEnd();
        }),
        SILENT(504, connection -> {
            connection.greet();
            connection.readRequest();
            connection.awaitEnd();
        }),
        /** PING is no response. Once, each restarted the time-out. */
        PINGING(504, connection -> {
            connection.greet();
            connection.readRequest();
            pingForever(connection);
        }),
        PINGING_WITHIN_ITS_ANSWER(504, connection -> {
            connection.greet();
            int stream = connection.readRequest();
            connection.sendHeaders(stream, 0, ":status", "200", "content-length", "10");
            connection.sendData(stream, 0, "begun");
            pingForever(connection);
        }),
        /** Nor are DATA frames without data. */
        SENDING_NOTHING(504, connection -> {
            connection.greet();
            int stream = connection.readRequest();
            connection.sendHeaders(stream, 0, ":status", "200", "content-length", "10");
            while (true) {
                connection.sendData(stream, 0, "");
                Wire.pause(Duration.ofMillis(200));
            }
        }),
        /** HttpCore reads for as long as something comes, and keeps each reply until it is taken. */
        PINGING_WITHOUT_END(502, connection -> {
            connection.greet();
            connection.readRequest();
            while (true) {
                connection.ping();
            }
        }),
        /** It is slower than the time-out as a whole, but never silent for as long. */
        SLOW_AND_PINGING(200, connection -> {
            connection.greet();
            int stream = connection.readRequest();
            connection.sendHeaders(stream, 0, ":status", "200", "content-length", "8");
            for (int i = 0; i < 8; i++) {
                Wire.pause(Duration.ofMillis(200));
                connection.ping();
                connection.sendData(stream, 0, "x");
            }
            connection.sendData(stream, END_STREAM, "");
            connection.awaitEnd();
        }),
        WITHOUT_SETTINGS(504, Connection::awaitEnd);

        private final int status;

        @SuppressWarnings("ImmutableEnumChecker") // it has no state
        private final Script script;

        Manners(int status, Script script) {
            this.status = status;
            this.script = script;
        }

        String path() {
            return "/" + name().toLowerCase(Locale.ROOT);
        }
    }

    /** What a target does to its first request, which is retried at once, whatever its method. */
    private enum Refusal {
        STREAM(connection -> {
            connection.greet();
            connection.resetStream(connection.readRequest(), REFUSED_STREAM);
            connection.awaitEnd();
        }),
        GOING(connection -> {
            connection.greet();
            connection.readRequest();
            connection.goAway(0, NO_ERROR);
            connection.awaitEnd();
        }),
        GOING_WITH_AN_ERROR(connection -> {
            connection.greet();
            connection.readRequest();
            connection.goAway(0, INTERNAL_ERROR);
            connection.awaitEnd();
        }),
        HTTP1(connection -> {
            connection.sendRaw("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            connection.awaitEnd();
        });

        @SuppressWarnings("ImmutableEnumChecker") // it has no state
        private final Script script;

        Refusal(Script script) {
            this.script = script;
        }

        String path() {
            return "/refusal-" + name().toLowerCase(Locale.ROOT);
        }
    }

    private final Map<Manners, Http2Target> targets = new EnumMap<>(Manners.class);
    private final Map<Refusal, Http2Target> refusing = new EnumMap<>(Refusal.class);
    private final CountDownLatch floodEnded = new CountDownLatch(1);
    private Http2Target leaving;
    private Http2Target flooding;
    private Http2Target resetting;
    private Http2Target breaking;
    private Http2Target resettingAtTheEnd;
    private ScriptedTarget ready;
    private HostProcess sluice;

    private static void answerAll(Connection connection) throws IOException {
        connection.greet();
        answerAll(connection, connection.readRequest());
    }

    private static void answerAll(Connection connection, int first) throws IOException {
        for (int stream = first; ; stream = connection.readRequest()) {
            connection.answer(stream, "good");
        }
    }

    private static void pingForever(Connection connection) throws IOException {
        while (true) {
            connection.ping();
            Wire.pause(Duration.ofMillis(200));
        }
    }

    private static void answerWith(Connection connection, String length, String text) throws IOException {
        connection.greet();
        int stream = connection.readRequest();
        connection.sendHeaders(stream, 0, ":status", "200", "content-length", length);
        connection.sendData(stream, END_STREAM, text);
        connection.awaitEnd();
    }

    private static void answerTrailing(Connection connection, String name, String value) throws IOException {
        connection.greet();
        while (true) {
            int stream = connection.readRequest();
            connection.sendHeaders(stream, 0, ":status", "200");
            connection.sendData(stream, 0, "text");
            connection.sendHeaders(stream, END_STREAM, name, value);
        }
    }

    /** Answers one request, and announces at once that it was the last. Its next connection does the same. */
    private static void answerAndLeave(Connection connection) throws IOException {
        connection.greet();
        int stream = connection.readRequest();
        connection.answer(stream, "last");
        connection.goAway(stream, NO_ERROR);
        connection.awaitEnd();
    }

    private static void answerAndReset(Connection connection) throws IOException {
        connection.greet();
        connection.answer(connection.readRequest(), "good");
        connection.resetStream(connection.readRequest(), INTERNAL_ERROR);
        connection.awaitEnd();
    }

    private static void answerAndResetAtTheEnd(Connection connection) throws IOException {
        connection.greet();
        connection.answer(connection.readRequest(), "good");
        int stream = connection.readRequest();
        connection.goAway(stream, NO_ERROR);
        connection.resetStream(stream, INTERNAL_ERROR);
        connection.awaitEnd();
    }

    private static void answerAndBreak(Connection connection) throws IOException {
        connection.greet();
        connection.answer(connection.readRequest(), "good");
        connection.goAway(connection.readRequest(), INTERNAL_ERROR);
        connection.awaitEnd();
    }

    /** Sends without regard to the window, for as long as it can. */
    private void flood(Connection connection) throws IOException {
        connection.greet();
        int stream = connection.readRequest();
        connection.sendHeaders(stream, 0, ":status", "200");
        try {
            for (String piece = "x".repeat(PIECE); ; ) {
                connection.sendData(stream, 0, piece);
            }
        } finally {
            floodEnded.countDown();
        }
    }

    @BeforeAll
    void open() throws IOException {
        Settings settings = new Settings();
        settings.set("CONNECTION_TIMEOUT", "1000");
        settings.set("EJECTION_CONSECUTIVE_FAILURES", "0");
        for (Manners manners : Manners.values()) {
            Http2Target target = new Http2Target(manners.script);
            targets.put(manners, target);
            settings.groupAtItsName(manners.path().substring(1), target.address());
            settings.with("PROTOCOL_VERSION", "HTTP2");
        }
        for (Refusal refusal : Refusal.values()) {
            Http2Target target = new Http2Target(refusal.script);
            refusing.put(refusal, target);
            settings.groupAtItsName(
                    refusal.path().substring(1),
                    target.address(),
                    targets.get(Manners.GOOD).address());
            settings.with("PROTOCOL_VERSION", "HTTP2");
        }
        leaving = new Http2Target(Http2ToTargetsIT::answerAndLeave);
        settings.groupAtItsName("leaving", leaving.address());
        settings.with("PROTOCOL_VERSION", "HTTP2");
        flooding = new Http2Target(this::flood);
        settings.groupAtItsName("flooding", flooding.address());
        settings.with("PROTOCOL_VERSION", "HTTP2");
        resetting = new Http2Target(Http2ToTargetsIT::answerAndReset);
        settings.groupAtItsName("resetting", resetting.address());
        settings.with("PROTOCOL_VERSION", "HTTP2");
        breaking = new Http2Target(Http2ToTargetsIT::answerAndBreak);
        settings.groupAtItsName("breaking", breaking.address());
        settings.with("PROTOCOL_VERSION", "HTTP2");
        resettingAtTheEnd = new Http2Target(Http2ToTargetsIT::answerAndResetAtTheEnd);
        settings.groupAtItsName(
                "resetting-at-the-end",
                resettingAtTheEnd.address(),
                targets.get(Manners.GOOD).address());
        settings.with("PROTOCOL_VERSION", "HTTP2");
        settings.groupAtItsName("nowhere", "nowhere.invalid:80");
        settings.with("PROTOCOL_VERSION", "HTTP2");
        ready = ScriptedTarget.of("ready", new Scenes());
        settings.groupAtItsName("ready", ready.address());
        sluice = new LauncherHost().start(settings.variables()).awaitReady("/ready");
    }

    @AfterAll
    void close() throws IOException {
        sluice.close();
        ready.close();
        leaving.close();
        flooding.close();
        resetting.close();
        breaking.close();
        resettingAtTheEnd.close();
        for (Http2Target target : targets.values()) {
            target.close();
        }
        for (Http2Target target : refusing.values()) {
            target.close();
        }
    }

    private Reply send(String method, String path, String... fieldLines) throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            String[] lines = new String[fieldLines.length + 1];
            lines[0] = "Host: localhost";
            System.arraycopy(fieldLines, 0, lines, 1, fieldLines.length);
            return client.sendHead(method + " " + path + " HTTP/1.1", lines).readReplyTo(method);
        }
    }

    private Reply post(String path, String body) throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            return client.sendHead("POST " + path + " HTTP/1.1", "Host: localhost", "Content-Length: " + body.length())
                    .send(body)
                    .readReply();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Manners.class,
            names = {"BODILESS", "CANCELLING", "EARLY", "NAMELESS_TRAILER", "SPLIT_TRAILER"},
            mode = EnumSource.Mode.EXCLUDE)
    void theClientSees(Manners manners) throws IOException {
        Reply reply = send("GET", manners.path());
        assertThat(reply.status()).isEqualTo(manners.status);
        assertThat(reply.whole()).isTrue();
    }

    @Test
    void aRequestHasTheFormOfHttp2() throws IOException {
        String path = Manners.GOOD.path() + "/a%2Fb?c=%20d";
        send("GET", path, "Some-Field: Value", "Connection: close, Private", "Private: x", "TE: trailers, gzip");
        assertThat(targets.get(Manners.GOOD).requests())
                .filteredOn(request -> request.contains(path))
                .singleElement()
                .satisfies(request -> assertThat(request.lines())
                        .startsWith(
                                ":method: GET",
                                ":scheme: http",
                                ":authority: " + targets.get(Manners.GOOD).address(),
                                ":path: " + path)
                        .contains("some-field: Value", "te: trailers", "x-forwarded-host: localhost")
                        .noneMatch(line -> line.startsWith("host:")
                                || line.startsWith("connection:")
                                || line.startsWith("private:")
                                || line.startsWith("transfer-encoding:")));
    }

    @Test
    void theLengthAndTheTrailersOfAnAnswerPass() throws IOException {
        assertThat(send("GET", Manners.GOOD.path()).field("Content-Length")).isEqualTo("4");
        Reply reply = send("GET", Manners.TRAILING.path(), "TE: trailers");
        assertThat(reply.text()).isEqualTo("text");
        assertThat(reply.trailers()).anyMatch(line -> line.equalsIgnoreCase("checksum: 17"));
    }

    /** Jetty ends a response with the last byte of its length. */
    @Test
    void trailersPassThatComeAfterTheLastByteOfTheLength() throws IOException {
        try (Http2Client client = Http2Client.connect(sluice.port())) {
            assertThat(client.sendWithoutBody("GET", Manners.TRAILING_LATE.path())
                            .readResponse())
                    .contains("checksum: 17");
            assertThat(client.lastHead()).contains("content-length: 10000");
            assertThat(client.lastBodyLength()).isEqualTo(10_000);
        }
    }

    /**
     * RFC 9113 section 8.1. Once, Jetty sent the trailers while the body waited for room on the client's connection, and
     * calls of gRPC failed.
     */
    @ParameterizedTest
    @EnumSource(
            value = Manners.class,
            names = {"SHORT_AND_TRAILING", "TRAILING_LATE"})
    void trailersFollowTheBodyHoweverLongThatHasToWait(Manners manners) throws IOException {
        try (Http2Client client = Http2Client.connect(sluice.port())) {
            client.sendWithoutBody("GET", Manners.PADDED.path()).useUpWindow();
            assertThat(client.sendWithoutBody("GET", manners.path()).readFrames())
                    .containsExactly(Http2Target.HEADERS, Http2Target.DATA, Http2Target.HEADERS);
            assertThat(client.lastHead()).contains("content-length: ");
        }
    }

    /** Once, a client whose deadline was over a moment later than its target's took that for a target that had broken. */
    @ParameterizedTest
    @CsvSource({"Grpc-Timeout: 1S, grpc-status: 1", "X-Timeout: 1S, grpc-status: 14"})
    void aCallWithADeadlineThatItsTargetCancelsEndsAsCancelled(String field, String status) throws IOException {
        try (Http2Client client = Http2Client.connect(sluice.port())) {
            client.sendHead("POST", Manners.CANCELLING.path(), "TE: trailers", field)
                    .awaitHead();
            assertThat(client.end("message").readResponse().lines()).contains(status);
        }
    }

    /** The last bytes are withheld, for the end that may come with trailers. */
    @Test
    void whoNeverEndsItsAnswerIsCutOffInTimeAndItLooksCutOff() throws IOException {
        try (Http2Client client = Http2Client.connect(sluice.port())) {
            client.sendWithoutBody("GET", Manners.ENDLESS.path());
            assertThatThrownBy(client::readResponse).isInstanceOf(IOException.class);
        }
        sluice.awaitLogLine("broken off GET " + Manners.ENDLESS.path(), "stayed silent for too long");
    }

    /** The response may already be on its way to the client. */
    @ParameterizedTest
    @EnumSource(
            value = Manners.class,
            names = {"NAMELESS_TRAILER", "SPLIT_TRAILER"})
    void anAnswerWhoseTrailerIsMalformedIsNotWhole(Manners manners) throws IOException {
        Reply reply = send("GET", manners.path(), "TE: trailers");
        assertThat(reply.whole() ? reply.status() : 502).isEqualTo(502);
        assertThat(sluice.log()).noneMatch(line -> line.contains("SEVERE"));
    }

    /** Padding counts against the window too (RFC 9113 section 6.9.1). Once, it was never given back. */
    @Test
    void paddingDoesNotUseUpTheWindow() throws IOException {
        assertThat(send("GET", Manners.PADDED.path()).body()).hasSize(PIECE * PIECES);
    }

    @Test
    void anAnswerToHeadMayEndItsStreamLater() throws IOException {
        Reply reply = send("HEAD", Manners.BODILESS.path());
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Content-Length")).isEqualTo("1000");
        assertThat(send("GET", Manners.BODILESS.path()).text()).isEqualTo("good");
        assertThat(targets.get(Manners.BODILESS).connections()).hasSize(1);
    }

    /**
     * Once, HttpCore waited for 100 Continue without a bound: the request ended with 504, and the target was blamed.
     */
    @Test
    void aTargetIsNotAskedWhetherItWantsTheBody() throws IOException {
        String path = Manners.GOOD.path() + "/expecting";
        try (Wire client = Wire.connect(sluice.port())) {
            client.sendHead(
                    "POST " + path + " HTTP/1.1", "Host: localhost", "Content-Length: 4", "Expect: 100-continue");
            assertThat(client.readHead().status()).isEqualTo(100);
            assertThat(client.send("body").readReply().text()).isEqualTo("good");
        }
        assertThat(targets.get(Manners.GOOD).requests())
                .filteredOn(request -> request.contains(path))
                .singleElement()
                .asString()
                .doesNotContain("expect:");
    }

    @Test
    void aClientThatWaitsIsNotAskedForABodyThatNoTargetIsToGet() throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            client.sendHead("POST /nowhere HTTP/1.1", "Host: localhost", "Content-Length: 4", "Expect: 100-continue");
            assertThat(client.readHead().status()).isEqualTo(503);
        }
    }

    /**
     * Joined with the others, an empty cookie left a blank at the end of the field, which HttpCore refuses to send: the
     * target was blamed.
     */
    @Test
    void anEmptyCookieIsLeftOut() throws IOException {
        String path = Manners.GOOD.path() + "/crumbs";
        try (Http2Client client = Http2Client.connect(sluice.port())) {
            assertThat(client.sendWithoutBody("GET", path, "cookie: a=b", "cookie: ")
                            .readResponse())
                    .contains(":status: 200");
        }
        assertThat(targets.get(Manners.GOOD).requests())
                .filteredOn(request -> request.contains(path))
                .singleElement()
                .asString()
                .contains("cookie: a=b");
    }

    @Test
    void anAnswerMayComeBeforeTheEndOfTheRequest() throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            Reply reply = client.sendHead(
                            "POST " + Manners.EARLY.path() + " HTTP/1.1", "Host: localhost", "Content-Length: 1000000")
                    .send("the beginning")
                    .readReply();
            assertThat(reply.status()).isEqualTo(413);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatTheTargetRefusesGoesToAnother(Refusal refusal) throws IOException {
        for (int i = 0; i < 2; i++) { // each of the two is the first one once
            assertThat(post(refusal.path(), "body").text()).isEqualTo("good");
        }
        assertThat(refusing.get(refusal).connections()).isNotEmpty();
    }

    /** Once, that was taken for a connection that had been closed before, and the request was sent to the target again. */
    @Test
    void aRequestThatItsTargetResetsIsAnsweredLikeAnyFailure() throws IOException {
        assertThat(send("GET", "/resetting").status()).isEqualTo(200);
        assertThat(send("GET", "/resetting").status()).isEqualTo(502);
        assertThat(resetting.connections()).hasSize(1);
    }

    /** A connection that ends under its request, if it was used before, is no sign of a failure. */
    @Test
    void aRequestWhoseConnectionEndsWithAnErrorGoesOnOnAnother() throws IOException {
        for (int i = 0; i < 4; i++) {
            assertThat(send("GET", "/breaking").status()).isEqualTo(200);
        }
        assertThat(breaking.connections()).hasSizeGreaterThan(1);
    }

    /** The connection ends in order: it is the request that has failed. */
    @Test
    void aRequestThatItsTargetResetsWhileItLeavesGoesToAnother() throws IOException {
        for (int i = 0; i < 3; i++) { // the first target twice
            assertThat(send("GET", "/resetting-at-the-end").status()).isEqualTo(200);
        }
        assertThat(resettingAtTheEnd.connections()).hasSize(1);
    }

    @Test
    void aConnectionThatItsTargetHasTakenLeaveOnIsNotUsedAgain() throws IOException {
        for (int i = 0; i < 5; i++) {
            assertThat(post("/leaving", "body").text()).isEqualTo("last");
        }
        assertThat(leaving.connections()).hasSizeGreaterThanOrEqualTo(5);
    }

    /** The client reads nothing: everything received would have to be kept. */
    @Test
    void aTargetThatDoesNotWaitForRoomIsCutOff() throws Exception {
        try (Wire client = Wire.connect(sluice.port())) {
            client.sendHead("GET /flooding HTTP/1.1", "Host: localhost");
            assertThat(floodEnded.await(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
        assertThat(send("GET", Manners.GOOD.path()).status()).isEqualTo(200);
        assertThat(sluice.log()).noneMatch(line -> line.contains("SEVERE"));
    }

    /** Its WINDOW_UPDATEs are no flood. */
    @Test
    void aTargetMayOpenItsWindowsBitByBit() throws IOException {
        assertThat(post(Manners.GOOD.path(), "x".repeat(20 << 20)).text()).isEqualTo("good");
    }

    @Test
    void aLongRequestWaitsForRoom() throws IOException {
        assertThat(post(Manners.GOOD.path(), "x".repeat(PIECE * PIECES)).text()).isEqualTo("good");
    }
}
