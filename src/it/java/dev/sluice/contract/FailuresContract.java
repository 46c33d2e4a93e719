package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client gets, and what the operator finds in the log, when a target fails. */
interface FailuresContract extends Contract {

    /** More than is buffered before a response is sent. */
    int STREAMED = 100_000;

    @Test
    default void aTargetThatRefusesIsA502() throws IOException {
        assertFails("/refuses", scene(Script.OK), 502, stage().refusing());
    }

    @Test
    default void aTargetThatClosesBeforeTheRequestIsA502() throws IOException {
        assertFails("/closes", scene(Script.OK), 502, stage().closing());
    }

    @Test
    default void aTargetThatClosesAfterTheRequestIsA502() throws IOException {
        assertFails(scene(exchange -> exchange.close()), 502);
    }

    @Test
    default void aTargetThatResetsIsA502() throws IOException {
        assertFails(scene(exchange -> exchange.reset()), 502);
    }

    /** A line that is cut off can look like a complete one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Ha",
                "HTTP/1.1 200 OK\r\nContent-Type: text/pl",
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
                "HTTP/1.1 204 No Content\r\nA: b",
                "HTTP/1.1 200 O"
            })
    default void aTargetThatClosesInsideItsHeadIsA502(String head) throws IOException {
        Scene scene = scene(exchange -> {
            exchange.send(head);
            exchange.close();
        });
        assertFails(scene, 502);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                "220 mail.example ESMTP\r\n",
                "\u0015\u0003\u0003\u0000\u0002\u0002F\r\n\r\n",
                "HTTP/1.1 abc OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"
            })
    default void whatIsNotHttpIsA502(String answer) throws IOException {
        Scene scene = scene(exchange -> {
            exchange.send(answer);
            exchange.close();
        });
        assertFails(scene, 502);
    }

    @Test
    default void aHeadThatIsTooLargeIsA502() throws IOException {
        String field = "X-Large: " + "x".repeat(20_000);
        assertFails(scene(exchange -> exchange.answer("200 OK", "ok", field, field)), 502);
    }

    /** Each of them ends a silence, so no time-out would ever end them. */
    @Test
    default void interimAnswersWithoutEndAreA502() throws IOException {
        Scene scene = scene(exchange -> {
            for (int i = 0; i < 200; i++) {
                exchange.sendHead("HTTP/1.1 103 Early Hints");
            }
            exchange.awaitEnd();
        });
        assertFails(scene, 502);
    }

    @Test
    default void aTargetThatNeverAnswersIsA504() throws IOException {
        assertFails(scene(exchange -> exchange.awaitEnd()), 504);
    }

    @Test
    default void aTargetThatCannotBeReachedInTimeIsA504() throws IOException {
        assumeTrue(stage().blackHole().isFull(), "this system accepts more than its queue holds");
        assertFails("/black-hole", scene(Script.OK), 504, stage().blackHole().address());
    }

    @Test
    default void aTargetThatDoesNotResolveIsA503() throws IOException {
        assertFails("/nowhere", scene(Script.OK), 503, "nowhere");
    }

    private void assertFails(Scene scene, int status) throws IOException {
        assertFails("/scripted", scene, status, stage().scripted().address());
    }

    /** The client learns nothing of it, since its response is no error. */
    @Test
    default void anUploadThatIsCutShortByAWholeAnswerIsInTheLog() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.body().readNBytes(5);
            exchange.answer("200 OK", "enough");
            exchange.readBody();
        });
        String path = "/scripted/" + scene.id();
        try (Wire client = connect()) {
            sendHead(client, "POST " + path + " HTTP/1.1", scene, "Transfer-Encoding: chunked");
            client.sendChunk("first");
            assertThat(client.readHead().status()).isEqualTo(200);
            stage().host()
                    .awaitLogLine("cut short POST " + path, stage().scripted().address());
        }
        assertThat(scene.bodies()).isEmpty();
    }

    /** Two requests on one connection: if the first left something behind, the second would show it. */
    private void assertFails(String prefix, Scene scene, int status, String target) throws IOException {
        String path = prefix + "/" + scene.id();
        try (Wire client = connect()) {
            Reply failure = ask(client, "GET " + path + " HTTP/1.1", scene);
            assertOwnResponse(failure, status);
            if (!failure.field("Connection").equals("close")) { // with some statuses, Tomcat closes
                assertThat(ask(client, "GET /other HTTP/1.1", scene(Script.OK)).status())
                        .isEqualTo(200);
            }
        }
        stage().host().awaitLogLine(path, Integer.toString(status), target);
    }

    @Test
    default void anAnswerBrokenOffInsideAKnownLengthArrivesBroken() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + 2 * STREAMED);
            exchange.sendFilling(STREAMED);
            exchange.close();
        });
        assertBreaksOff(scene);
    }

    @Test
    default void anAnswerBrokenOffInsideItsChunksArrivesBroken() throws IOException {
        assertBreaksOff(brokenOffInsideItsChunks());
    }

    /** A client that has received all chunks except the last must not be told that the body is complete. */
    @Test
    default void anAnswerBrokenOffWhileItsClientWaitsArrivesBroken() throws IOException {
        Signal arrived = new Signal();
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("first");
            arrived.take();
            exchange.close();
        });
        try (Wire client = connect()) {
            Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
            InputStream body = client.responseBody(head);
            body.readNBytes(5);
            arrived.give();
            assertThatThrownBy(body::read).isInstanceOfAny(EOFException.class, SocketException.class);
        }
    }

    /** Without chunks, the end of the connection would look like that of the body. */
    @Test
    default void anAnswerBrokenOffArrivesBrokenAlsoIfItIsTheLastOfItsConnection() throws IOException {
        assertBreaksOff(brokenOffInsideItsChunks(), "Connection: close");
    }

    @Test
    default void anAnswerOfATargetThatFallsSilentArrivesBroken() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("x".repeat(STREAMED));
            exchange.awaitEnd();
        });
        assertBreaksOff(scene);
    }

    /**
     * Sluice may still hold all of a short response when it breaks off. Then Sluice may answer with a response of its
     * own.
     */
    @Test
    default void aShortAnswerBrokenOffIsNeverWhole() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: 10");
            exchange.send("first");
            exchange.close();
        });
        assertBrokenOrOwn(scene);
    }

    private Scene brokenOffInsideItsChunks() {
        return scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("x".repeat(STREAMED));
            exchange.close();
        });
    }

    private void assertBreaksOff(Scene scene, String... fields) throws IOException {
        String path = "/scripted/" + scene.id();
        try (Wire client = connect()) {
            Reply reply = ask(client, "GET " + path + " HTTP/1.1", scene, fields);
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.whole()).as("whole: %s", reply).isFalse();
        }
        stage().host().awaitLogLine(path, stage().scripted().address());
    }

    private void assertBrokenOrOwn(Scene scene) throws IOException {
        Reply reply = get("/scripted/" + scene.id(), scene);
        if (reply.status() == 200) {
            assertThat(reply.whole()).as("whole: %s", reply).isFalse();
        } else {
            assertOwnResponse(reply, 502);
        }
        stage().host().awaitLogLine(scene.id(), stage().scripted().address());
    }

    @Test
    default void anAnswerThatCannotWaitForTheUploadReachesAClientThatIsStillSending() throws IOException {
        Scene scene =
                answeredEarly(exchange -> exchange.answer("413 Content Too Large", "too large", "Connection: close"));
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 1000000");
            client.send("x".repeat(1000));
            Reply reply = client.readReply(); // the other 999,000 bytes have not been sent
            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.text()).isEqualTo("too large");
            assertThat(reply.whole()).isTrue();
        }
    }

    /** Hosts would reset the connection on which they have not read everything, and the client might not see why. */
    @ParameterizedTest
    @CsvSource({
        "/no-rule-matches, 404, true",
        "/no-rule-matches, 404, false",
        "/scripted/%2e%2e/x, 400, true",
        "/scripted?long, 414, false",
        "/nowhere, 503, true",
        "/nowhere, 503, false"
    })
    default void aRefusalReachesAClientThatIsStillSending(String path, int status, boolean chunked) throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 8000000";
            String target = path.replace("long", "x".repeat(Stage.MAX_URI_BYTES));
            sendHead(client, "POST " + target + " HTTP/1.1", scene, framing);
            if (chunked) {
                client.sendChunk("x".repeat(8_000_000)).sendLastChunk();
            } else {
                client.send("x".repeat(8_000_000));
            }
            assertOwnResponse(client.readReply(), status);
        }
        assertThat(scene.requests()).isEmpty();
    }

    /** Its body comes although it waited to be asked: its host has asked it before the servlet was called. */
    @Test
    default void aRefusalReachesAClientThatItsHostHasAskedForTheBody() throws IOException {
        assumeTrue(stage().kind().asksForBodiesByItself(), "this host does not ask by itself");
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(
                    client, "POST /no-rule-matches HTTP/1.1", scene, "Content-Length: 8000000", "Expect: 100-continue");
            assertThat(client.readHead().status()).isEqualTo(100);
            client.send("x".repeat(8_000_000));
            assertOwnResponse(client.readReply(), 404);
        }
    }

    /**
     * RFC 9110 section 10.1.1: nobody has to wait for 100 Continue. In Jetty, to read such a body would ask for it after the
     * response.
     */
    @ParameterizedTest
    @CsvSource({"/no-rule-matches, 404", "/scripted, 413"})
    default void aRefusalReachesAClientThatDoesNotWaitToBeAsked(String path, int status) throws IOException {
        Scene scene = scene(exchange -> exchange.answer("413 Content Too Large", "", "Connection: close"));
        try (Wire client = connect()) {
            sendHead(client, "POST " + path + " HTTP/1.1", scene, "Content-Length: 8000000", "Expect: 100-continue");
            client.send("x".repeat(8_000_000));
            if (stage().kind().asksForBodiesByItself()) {
                assertThat(client.readHead().status()).isEqualTo(100);
            }
            assertThat(client.readReply().status()).isEqualTo(status);
        }
    }

    /** The 502 waits for nothing: in Tomcat, a response that is reset has no write listener any more. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    default void whoIsStillSendingIsToldThatAShortAnswerBrokeOff(boolean goesOn) throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: 10");
            exchange.send("first");
            exchange.close();
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 2000");
            client.send("x".repeat(1000));
            await().until(() -> scene.ended() == 1);
            if (goesOn) {
                client.send("x".repeat(1000));
            }
            assertOwnResponse(client.readReply(), 502);
        }
    }

    /** A client that keeps sending is listened to for longer than a silent one. */
    @Test
    default void whoIsAnsweredWhileItSendsIsListenedToForAsLongAsItSends() throws IOException {
        assumeTrue(stage().kind().readsOnAfterAnswers(), "this host would not read the rest of the request");
        Scene scene = answeredEarly(exchange -> exchange.answer("401 Unauthorized", "who?"));
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 1000000");
            client.send("x".repeat(1000));
            assertThat(client.readReply().text()).isEqualTo("who?");
            AtomicInteger left = new AtomicInteger(999_000);
            long end = System.nanoTime() + Duration.ofSeconds(6).toNanos();
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                client.send("x".repeat(1000));
                left.addAndGet(-1000);
                return System.nanoTime() > end;
            });
            client.send("x".repeat(left.get()));
            assertGoesOn(client);
        }
    }

    /** It would hold its place, and a stop of Sluice, for as long as its host waits for it. */
    @Test
    default void whoIsAnsweredAndFallsSilentIsGivenUp() throws IOException {
        Scene scene = answeredEarly(exchange -> exchange.answer("401 Unauthorized", "who?"));
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 1000000");
            client.send("x".repeat(1000));
            assertThat(client.readReply().text()).isEqualTo("who?");
            await().alias("the end of the exchange")
                    .atMost(Duration.ofSeconds(15)) // hosts wait for 20 seconds at least
                    .until(() -> stage().host().log().stream()
                            .anyMatch(line -> line.contains(scene.id()) && line.contains("\"status\":401")));
        }
    }

    /**
     * A client that asks for the connection to be closed gets its response and the close; until then Sluice reads on.
     */
    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1", "HTTP/1.0"})
    default void anAnswerThatCannotWaitForTheUploadMayBeTheLast(String version) throws IOException {
        Scene scene = answeredEarly(exchange -> exchange.answer("401 Unauthorized", "who?", "Connection: close"));
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted " + version, scene, "Connection: close", "Content-Length: 1000000");
            client.send("x".repeat(1000));
            client.send("x".repeat(999_000));
            Reply reply = client.readReply();
            assertThat(reply.status()).isEqualTo(401);
            assertThat(reply.text()).isEqualTo("who?");
        }
    }

    /** A client that stops once it has the complete response need not wait until the exchange ends. */
    @ParameterizedTest
    @CsvSource({"0, true", "9, true", "100000, true", "9, false", "100000, false"})
    default void anAnswerThatCannotWaitForTheUploadEndsBeforeThat(int length, boolean told) throws IOException {
        assumeTrue(stage().kind().readsOnAfterAnswers(), "this host would not read the rest of the request");
        String body = "x".repeat(length);
        Scene scene = answeredEarly(exchange -> {
            if (told) {
                exchange.answer("401 Unauthorized", body);
            } else {
                exchange.sendHead("HTTP/1.1 401 Unauthorized", "Transfer-Encoding: chunked");
                exchange.sendChunk(body);
                exchange.sendLastChunk();
            }
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 1000000");
            client.send("x".repeat(1000));
            Reply reply = client.readReply();
            assertThat(reply.text()).isEqualTo(body);
            if (told) {
                assertThat(reply.field("Content-Length")).isEqualTo(Integer.toString(length));
            }
            client.send("x".repeat(999_000)); // the rest, before the next request
            assertGoesOn(client);
        }
    }

    /** Answers once 1,000 bytes of the request's body have arrived. */
    private Scene answeredEarly(Script answer) {
        return scene(exchange -> {
            exchange.body().readNBytes(1000);
            answer.play(exchange);
            exchange.awaitEnd();
        });
    }

    /** Asserts that the client's connection takes another request. */
    private void assertGoesOn(Wire client) throws IOException {
        sendHead(client, "GET /scripted HTTP/1.1", scene(exchange -> exchange.answer("200 OK", "next")));
        assertThat(client.readReply().text()).isEqualTo("next");
    }

    /** A target that has answered may read on. What it gets must not end like a complete body. */
    @ParameterizedTest
    @ValueSource(strings = {"303 See Other", "500 Internal Server Error"})
    default void anUploadThatIsCutShortByItsAnswerNeverLooksWhole(String status) throws IOException {
        Scene scene = scene(exchange -> {
            exchange.body().readNBytes(5);
            exchange.answer(status, "enough");
            exchange.readBody();
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Transfer-Encoding: chunked");
            client.sendChunk("first");
            assertThat(client.readReply().text()).isEqualTo("enough");
            await().until(() -> scene.ended() == 1);
        }
        assertThat(scene.bodies()).isEmpty();
        assertThat(scene.failures()).isNotEmpty();
    }

    /**
     * Many clients read nothing until they have sent everything. If their connection is reset meanwhile, they lose the
     * response.
     */
    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true"})
    default void anAnswerThatCannotWaitForTheUploadReachesAClientThatSendsEverythingFirst(
            boolean chunked, boolean afterInterim) throws IOException {
        String[] fields = Collections.nCopies(60, "Field: " + "x".repeat(100)).toArray(String[]::new); // several reads
        fields[0] = "Connection: close";
        String interim = "HTTP/1.1 100 Continue\r\nField: %s\r\n\r\n";
        String oneRead =
                interim.formatted("x".repeat(2 * 1024 - interim.formatted("").length()));
        Scene scene = scene(exchange -> {
            exchange.body().readNBytes(1000);
            if (afterInterim) {
                exchange.send(oneRead);
            }
            exchange.answer("413 Content Too Large", "too large", fields);
            exchange.close();
        });
        try (Wire client = connect()) {
            sendHead(
                    client,
                    "POST /scripted HTTP/1.1",
                    scene,
                    chunked ? "Transfer-Encoding: chunked" : "Content-Length: 8000000");
            if (chunked) {
                client.sendChunk("x".repeat(8_000_000)).sendLastChunk();
            } else {
                client.send("x".repeat(8_000_000));
            }
            Reply reply = client.readReply();
            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.text()).isEqualTo("too large");
        }
    }

    /** The next request would take it for the beginning of its own response. */
    @Test
    default void whatComesBehindAnAnswerIsNotTheNextRequests() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.readBody();
            exchange.send("HTTP/1.1 204 No Content\r\n\r\n{}");
        });
        for (int i = 0; i < 5; i++) {
            try (Wire client = connect()) {
                sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 4");
                client.send("body");
                assertThat(client.readReply().status()).isEqualTo(204);
            }
        }
    }

    /** Some targets serve one connection at a time, so a client's next request must not need a second one. */
    @Test
    default void whoAsksForOneAfterAnotherTakesOneConnection() throws IOException {
        Scene scene = scene(exchange -> exchange.answer("200 OK", "ok"));
        int before = stage().scripted().acceptedConnections();
        try (Wire client = connect()) {
            for (int i = 0; i < 500; i++) {
                sendHead(client, "GET /scripted HTTP/1.1", scene);
                assertThat(client.readReply().status()).isEqualTo(200);
            }
        }
        assertThat(stage().scripted().acceptedConnections() - before).isLessThanOrEqualTo(1);
    }

    /**
     * A target may close a kept-alive connection just when the next request is on its way. The request is not lost if
     * it does no harm to send it again, on a new connection.
     */
    @Test
    default void aKeptAliveConnectionThatTheTargetClosesIsNoErrorForAGet() throws IOException {
        Scene scene = scene(Script.OK_ONCE);
        for (int i = 0; i < 4; i++) {
            assertThat(get("/scripted", scene).status()).isEqualTo(200);
        }
        assertThat(scene.requests()).as("cut off and repeated").hasSizeGreaterThan(4);
    }

    @Test
    default void aKeptAliveConnectionThatTheTargetHasClosedIsNoErrorForAPost() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.readBody();
            exchange.answer("200 OK", "ok");
            exchange.close(); // without having announced it
        });
        for (int i = 0; i < 4; i++) {
            int round = i + 1;
            try (Wire client = connect()) {
                sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 4");
                assertThat(client.send("body").readReply().status()).isEqualTo(200);
            }
            await().until(() -> scene.ended() == round);
        }
    }

    /** RFC 9110 section 9.2.2: nobody knows whether the target has acted on it. */
    @Test
    default void aPostIsNeverSentTwice() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.readBody();
            exchange.close();
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 4");
            assertOwnResponse(client.send("body").readReply(), 502);
        }
        assertThat(scene.bodies()).hasSize(1);
    }

    @Test
    default void anInterimAnswerIsNotTheAnswer() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 103 Early Hints", "Link: </x.css>; rel=preload");
            exchange.answer("200 OK", "ok");
        });
        try (Wire client = connect()) {
            Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
            if (head.status() == 103) { // may be passed on
                head = client.readHead();
            }
            assertThat(head.status()).isEqualTo(200);
        }
    }
}
