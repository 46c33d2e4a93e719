package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Filling;
import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When bytes pass: as they arrive, at the pace of the slower side, and without making anybody else wait. */
interface StreamingContract extends Contract {

    int STALLED = 10; // read one after another, and the last one before the host gives it up
    long LONG = 100L << 20;
    int HUNG = 300;
    int OTHERS = 100;
    Duration LONGER_THAN_SILENCE = Stage.CONNECTION_TIMEOUT.multipliedBy(5).dividedBy(4);

    @Test
    default void eachChunkOfAnAnswerArrivesBeforeTheNextIsSent() throws IOException {
        assertAnswerInLockStep("Transfer-Encoding: chunked", "Content-Type: application/octet-stream");
    }

    @Test
    default void eachEventOfAStreamArrivesBeforeTheNextIsSent() throws IOException {
        assertAnswerInLockStep("Transfer-Encoding: chunked", "Content-Type: text/event-stream");
    }

    /** Once, a piece waited in the host's buffer for those behind it, up to 64 KiB of them. */
    @Test
    default void eachPieceOfALongAnswerOfKnownLengthArrivesBeforeTheNextIsSent() throws IOException {
        Signal arrived = new Signal();
        String piece = "p".repeat(2000);
        int pieces = 5;
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + pieces * piece.length());
            for (int i = 0; i < pieces; i++) {
                exchange.send(piece);
                arrived.take();
            }
        });
        try (Wire client = connect()) {
            Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
            InputStream body = client.responseBody(head);
            for (int i = 0; i < pieces; i++) {
                assertThat(text(body.readNBytes(piece.length()))).isEqualTo(piece);
                arrived.give();
            }
            assertThat(body.read()).isEqualTo(-1);
        }
    }

    private void assertAnswerInLockStep(String... fieldLines) throws IOException {
        Signal arrived = new Signal();
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", fieldLines);
            for (int i = 0; i < 5; i++) {
                exchange.sendChunk("chunk" + i);
                arrived.take();
            }
            exchange.sendLastChunk();
        });
        try (Wire client = connect()) {
            Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
            InputStream body = client.responseBody(head);
            for (int i = 0; i < 5; i++) {
                assertThat(text(body.readNBytes(6))).isEqualTo("chunk" + i);
                arrived.give();
            }
            assertThat(body.read()).isEqualTo(-1);
        }
    }

    /** Its chunks are smaller than every buffer, as large as one, or larger than all of them. */
    @ParameterizedTest
    @ValueSource(ints = {1000, 16 * 1024, 100_000})
    default void aTargetHasToWaitWhileItsClientTakesNothing(int length) throws IOException {
        String chunk = "c".repeat(length);
        AtomicLong sent = new AtomicLong();
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            while (sent.get() < LONG) {
                exchange.sendChunk(chunk);
                sent.addAndGet(length);
            }
            exchange.sendLastChunk();
        });
        try (Wire client = connect()) {
            Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
            long before = 0;
            for (int others = 0; others < 20; others = sent.get() > before || before == 0 ? 0 : others + 1) {
                before = sent.get();
                assertThat(before).as("sent to nobody").isLessThan(LONG / 2);
                assertThat(get("/scripted", scene(Script.OK)).status()).isEqualTo(200);
            }
            assertThat(Filling.read(client.responseBody(head)).length()).isEqualTo(sent.get());
        }
    }

    /**
     * Once, when a target paused after a piece that exactly filled the read buffer, its connection was asked for more
     * in a loop that ended only with the next piece. Meanwhile nothing moved on that connection and on those that
     * shared its thread.
     */
    @ParameterizedTest
    @ValueSource(ints = {16 * 1024, 32 * 1024, 64 * 1024})
    default void aPieceThatFillsTheBuffersArrivesBeforeTheNextIsSent(int length) throws IOException {
        Signal arrived = new Signal();
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Content-Length: " + 2 * length);
            for (int i = 0; i < 2; i++) {
                arrived.take();
                exchange.send("x".repeat(length));
            }
            arrived.take();
        });
        try (Wire client = connect()) {
            Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
            InputStream body = client.responseBody(head);
            for (int i = 0; i < 2; i++) {
                arrived.give();
                assertThat(body.readNBytes(length)).hasSize(length);
            }
            arrived.give();
            assertThat(body.read()).isEqualTo(-1);
        }
    }

    @Test
    default void theHeadOfAStreamArrivesBeforeItsFirstChunk() throws IOException {
        Signal arrived = new Signal();
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
            arrived.take();
            exchange.sendLastChunk();
        });
        try (Wire client = connect()) {
            Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
            arrived.give();
            assertThat(head.status()).isEqualTo(200);
            assertThat(client.responseBody(head).read()).isEqualTo(-1);
        }
    }

    @Test
    default void eachChunkOfAnUploadArrivesBeforeTheNextIsSent() throws IOException {
        Signal arrived = new Signal();
        Scene scene = scene(exchange -> {
            InputStream body = exchange.body();
            for (int i = 0; i < 5; i++) {
                assertThat(text(body.readNBytes(6))).isEqualTo("chunk" + i);
                arrived.give();
            }
            assertThat(body.read()).isEqualTo(-1);
            exchange.answer("200 OK", "ok");
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Transfer-Encoding: chunked");
            for (int i = 0; i < 5; i++) {
                client.sendChunk("chunk" + i);
                arrived.take();
            }
            assertThat(client.sendLastChunk().readReply().status()).isEqualTo(200);
        }
    }

    @Test
    default void anAnswerMayRunBesideItsUpload() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            InputStream body = exchange.body();
            for (byte[] part = body.readNBytes(5); part.length > 0; part = body.readNBytes(5)) {
                exchange.sendChunk(text(part));
            }
            exchange.sendLastChunk();
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Transfer-Encoding: chunked");
            client.sendChunk("part0");
            Head head = client.readHead();
            InputStream echo = client.responseBody(head);
            for (int i = 1; i < 5; i++) {
                assertThat(text(echo.readNBytes(5))).isEqualTo("part" + (i - 1));
                client.sendChunk("part" + i);
            }
            client.sendLastChunk();
            assertThat(text(echo.readAllBytes())).isEqualTo("part4");
        }
    }

    /** The time-out is for a silent target: one that drips for longer than that is not silent. */
    @Test
    default void anAnswerThatKeepsMovingIsNeverCutOff() throws IOException {
        long drips = 8;
        Duration pause = LONGER_THAN_SILENCE.dividedBy(drips);
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + drips);
            for (int i = 0; i < drips; i++) {
                exchange.send("x");
                Wire.pause(pause);
            }
        });
        Reply reply = get("/scripted", scene);
        assertThat(reply.whole()).isTrue();
        assertThat(reply.text()).isEqualTo("xxxxxxxx");
    }

    /** The time-out is for a silent target: while Sluice waits for the client, the target has nothing to say. */
    @Test
    default void anUploadMayPauseForLongerThanATargetMayBeSilent() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 10");
            client.send("first");
            Wire.pause(LONGER_THAN_SILENCE);
            assertThat(client.send("later").readReply().status()).isEqualTo(200);
        }
        assertThat(scene.texts()).containsExactly("firstlater");
    }

    @Test
    default void aClientMayTakeAsLongBeforeTheFirstByteThatItWasAskedFor() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "PUT /scripted HTTP/1.1", scene, "Content-Length: 5", "Expect: 100-continue");
            assertThat(client.readHead().status()).isEqualTo(100);
            Wire.pause(LONGER_THAN_SILENCE);
            assertThat(client.send("later").readReply().status()).isEqualTo(200);
        }
        assertThat(scene.texts()).containsExactly("later");
    }

    @Test
    default void stalledReadersHoldUpNobody() throws IOException {
        Scene scene = longResponse(LONG);
        List<Wire> readers = new ArrayList<>();
        try {
            List<InputStream> bodies = new ArrayList<>();
            for (int i = 0; i < STALLED; i++) {
                Wire reader = connect();
                readers.add(reader);
                Head head = sendHead(reader, "GET /scripted HTTP/1.1", scene).readHead();
                bodies.add(reader.responseBody(head));
            }
            assertOthersAreServed();
            assertThat(scene.inProgress())
                    .as("not one was read by Sluice alone")
                    .isEqualTo(STALLED);
            for (InputStream body : bodies) {
                assertThat(Filling.read(body)).isEqualTo(LONG_DIGEST);
            }
        } finally {
            for (Wire reader : readers) {
                reader.close();
            }
        }
    }

    /** Data on its way to a client that has left must not reach anybody else, and nobody else's data may go there. */
    @Test
    default void clientsThatLeaveSpoilNoOthersAnswer() throws IOException {
        Scene unread = longResponse(LONG);
        Scene read = longResponse(LONG / STALLED);
        Filling.Digest whole = Filling.of(LONG / STALLED);
        for (int i = 0; i < STALLED; i++) {
            try (Wire leaver = connect();
                    Wire reader = connect()) {
                sendHead(leaver, "GET /scripted HTTP/1.1", unread).readHead();
                InputStream body = reader.responseBody(
                        sendHead(reader, "GET /scripted HTTP/1.1", read).readHead());
                leaver.reset();
                assertThat(Filling.read(body)).isEqualTo(whole);
            }
        }
    }

    private Scene longResponse(long length) {
        return scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + length);
            exchange.sendFilling(length);
        });
    }

    Filling.Digest LONG_DIGEST = longDigest();

    private static Filling.Digest longDigest() {
        try {
            return Filling.of(LONG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** With one thread per waiting request, 200 threads would be exhausted. */
    @Test
    default void requestsThatHangHoldUpNobody() throws IOException {
        AtomicBoolean mayAnswer = new AtomicBoolean();
        Scene scene = scene(exchange -> {
            while (!mayAnswer.get()) {
                exchange.sendHead("HTTP/1.1 103 Early Hints"); // so that it is never silent for too long
                Wire.pause(Duration.ofMillis(500));
            }
            exchange.answer("200 OK", "ok");
        });
        List<Wire> clients = new ArrayList<>();
        try {
            for (int i = 0; i < HUNG; i++) {
                clients.add(sendHead(connect(), "GET /scripted HTTP/1.1", scene));
            }
            await().atMost(Wire.PATIENCE).until(() -> scene.requests().size() == HUNG);
            assertOthersAreServed();
            assertThat(scene.inProgress()).as("still hanging").isEqualTo(HUNG);
            mayAnswer.set(true);
            for (Wire client : clients) {
                assertThat(client.readReply().status()).isEqualTo(200);
            }
        } finally {
            for (Wire client : clients) {
                client.close();
            }
        }
    }

    private void assertOthersAreServed() throws IOException {
        Scene others = scene(Script.OK);
        for (int i = 0; i < OTHERS; i++) {
            assertThat(get("/other", others).status()).isEqualTo(200);
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
