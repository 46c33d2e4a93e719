package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are old, hasty, wrong or gone. */
interface ClientsContract extends Contract {

    /** About a second, with a margin for a busy machine. */
    Duration SOON = Duration.ofSeconds(5);

    int ROUNDS = 20;

    @Test
    default void aConnectionServesManyRequests() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.readBody();
            exchange.answer("200 OK", exchange.head().requestTarget());
        });
        try (Wire client = connect()) {
            for (int i = 0; i < 10; i++) {
                assertThat(ask(client, "GET /scripted/" + i + " HTTP/1.1", scene)
                                .text())
                        .isEqualTo("/scripted/" + i);
            }
        }
    }

    @Test
    default void requestsSentAtOnceAreAnsweredInTheirOrder() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.readBody();
            exchange.answer("200 OK", exchange.head().requestTarget());
        });
        try (Wire client = connect()) {
            String field = "\r\nHost: shop.example\r\n" + scene.field() + "\r\n";
            client.send("GET /scripted/1 HTTP/1.1" + field + "\r\n"
                    + "POST /scripted/2 HTTP/1.1" + field + "Content-Length: 4\r\n\r\nbody"
                    + "GET /scripted/3 HTTP/1.1" + field + "\r\n");
            for (int i = 1; i <= 3; i++) {
                assertThat(client.readReply().text()).isEqualTo("/scripted/" + i);
            }
        }
    }

    @Test
    default void aConnectionThatIsToBeClosedIs() throws IOException {
        try (Wire client = connect()) {
            Reply reply = ask(client, "GET /scripted HTTP/1.1", scene(Script.OK), "Connection: close");
            assertThat(reply.text()).isEqualTo("ok");
            assertThat(client.readHead()).isNull();
        }
    }

    @Test
    default void anHttp10ClientIsServed() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            client.sendHead("GET /scripted HTTP/1.0", scene.field());
            assertThat(client.readReply().text()).isEqualTo("ok");
            assertThat(client.readHead()).as("after the answer").isNull();
        }
        assertThat(scene.request().startLine()).endsWith("HTTP/1.1");
        assertThat(scene.request().value("Host")).isEqualTo(stage().scripted().address());
    }

    /** RFC 9110 section 10.1.1. */
    @Test
    default void whatAnHttp10ClientExpectsIsIgnored() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.0", scene, "Expect: 100-continue", "Content-Length: 4");
            assertThat(client.send("body").readReply().text()).isEqualTo("ok");
        }
        assertThat(scene.request().values("Expect")).isEmpty();
    }

    @Test
    default void anHttp10ClientNeverSeesAChunk() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("one,");
            exchange.sendChunk("two");
            exchange.sendLastChunk();
        });
        try (Wire client = connect()) {
            client.sendHead("GET /scripted HTTP/1.0", "Host: shop.example", scene.field());
            Reply reply = client.readReply();
            assertThat(reply.fields("Transfer-Encoding")).isEmpty();
            assertThat(reply.text()).isEqualTo("one,two");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 100000", "Transfer-Encoding: chunked"})
    default void whenAClientLeavesInsideItsUploadTheTargetNeitherWaitsNorTakesItForTheWhole(String framing)
            throws IOException {
        Signal begun = new Signal();
        Scene scene = scene(exchange -> {
            exchange.body().readNBytes(5);
            begun.give();
            exchange.readBody();
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, framing);
            if (framing.startsWith("T")) {
                client.sendChunk("first");
            } else {
                client.send("first");
            }
            begun.take();
        }
        await().atMost(SOON).until(() -> scene.ended() == 1);
        assertThat(scene.bodies()).isEmpty();
        assertThat(scene.failures()).singleElement().isInstanceOfAny(EOFException.class, SocketException.class);
    }

    @Test
    default void whenAClientLeavesInsideItsDownloadTheTargetsConnectionEnds() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + Long.MAX_VALUE);
            exchange.sendFilling(Long.MAX_VALUE);
        });
        try (Wire client = connect()) {
            Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
            client.responseBody(head).readNBytes(100_000);
        }
        await().atMost(SOON).until(() -> scene.ended() == 1);
        assertThat(scene.failures()).singleElement().isInstanceOf(SocketException.class);
    }

    /** The client is to blame, and what was received of the body must not look complete. */
    @ParameterizedTest
    @ValueSource(strings = {"zz\r\n", "-5\r\nhello\r\n", "5\r\nhelloXX0\r\n\r\n"})
    default void aClientsMalformedChunkIsItsOwnFault(String chunk) throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Transfer-Encoding: chunked");
            client.sendChunk("first").send(chunk);
            assertOwnResponse(client.readReply(), 400);
        }
        await().atMost(SOON).until(() -> scene.inProgress() == 0);
        assertThat(scene.bodies()).isEmpty();
    }

    /** RFC 9112 section 6.1: a reader that sees two ends of a message can be made to see two messages. */
    @Test
    default void aRequestFramedTwiceReachesTheTargetFramedOnceOrNotAtAll() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            // In one piece: a host that refuses the request on seeing its head may close before it has received the
            // rest.
            client.send("POST /scripted HTTP/1.1\r\nHost: shop.example\r\n" + scene.field()
                    + "\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
            assertThat(client.readReply().status()).isIn(200, 400);
        }
        assertThat(scene.requests()).allSatisfy(head -> assertThat(head.names()).doesNotContain("content-length"));
    }

    /** Exchanges that end early, in every way and many times: each must release what it held. */
    @Test
    default void nothingIsLeftOfExchangesThatEndedBeforeTheirTime() throws IOException {
        for (int i = 0; i < ROUNDS; i++) {
            whenAClientLeavesInsideItsUploadTheTargetNeitherWaitsNorTakesItForTheWhole("Transfer-Encoding: chunked");
            whenAClientLeavesInsideItsDownloadTheTargetsConnectionEnds();
            aClientsMalformedChunkIsItsOwnFault("zz\r\n");
            breakOffAtTarget();
        }
        Scene scene = scene(Script.OK);
        for (int i = 0; i < 100; i++) {
            assertThat(get("/scripted", scene).status()).isEqualTo(200);
        }
        // Kept-alive connections are closed if no further requests come.
        await().atMost(Wire.PATIENCE).until(() -> stage().scripted().openConnections() == 0);
    }

    private void breakOffAtTarget() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("x".repeat(100_000));
            exchange.reset();
        });
        get("/scripted", scene);
    }
}
