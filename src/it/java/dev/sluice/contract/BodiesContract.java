package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Concurrently;
import dev.sluice.contract.wire.Filling;
import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Wire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The content and the framing of bodies, in both directions. */
interface BodiesContract extends Contract {

    /** Less than is buffered before a body is sent, as much, more, and far more. */
    List<Long> LENGTHS = List.of(1L, 8192L, 8193L, 1_000_000L);

    long GIGABYTE = 1L << 30;

    @Test
    default void anAnswerOfKnownLengthKeepsIt() throws IOException {
        for (long length : LENGTHS) {
            Scene scene = scene(exchange -> {
                exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + length);
                exchange.sendFilling(length);
            });
            try (Wire client = connect()) {
                Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
                assertThat(head.values("Content-Length")).containsExactly(Long.toString(length));
                assertThat(head.values("Transfer-Encoding")).isEmpty();
                assertThat(Filling.read(client.responseBody(head))).isEqualTo(Filling.of(length));
            }
        }
    }

    /** RFC 9112 section 6.3: it has no body, whatever its method, and whatever it expects. */
    @ParameterizedTest
    @CsvSource({"GET,", "POST,", "PUT,", "PATCH,", "DELETE,", "POST, Expect: 100-continue"})
    default void aRequestThatAnnouncesNoBodyHasNone(String method, @Nullable String field) throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, method + " /scripted HTTP/1.1", scene, field == null ? "X-Nothing: 1" : field);
            Head head = client.readHead();
            assertThat(head.status() == 100 ? client.readHead().status() : head.status())
                    .isEqualTo(200);
        }
        assertThat(scene.request().names()).doesNotContain("transfer-encoding");
        assertThat(scene.texts()).containsExactly("");
    }

    @Test
    default void aChunkedAnswerStaysChunked() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            for (int i = 0; i < 10; i++) {
                exchange.sendChunk("a chunk,".repeat(1_000));
            }
            exchange.sendLastChunk();
        });
        Reply reply = get("/scripted", scene);
        assertThat(reply.fields("Transfer-Encoding")).containsExactly("chunked");
        assertThat(reply.fields("Content-Length")).isEmpty();
        assertThat(reply.whole()).isTrue();
        assertThat(reply.text()).isEqualTo("a chunk,".repeat(10_000));
    }

    /** It may have a Content-Length instead, because all of it has arrived before its head is sent. */
    @Test
    default void aShortChunkedAnswerIsWhole() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("one,");
            exchange.sendChunk("two");
            exchange.sendLastChunk();
        });
        Reply reply = get("/scripted", scene);
        assertThat(reply.whole()).isTrue();
        assertThat(reply.text()).isEqualTo("one,two");
    }

    @Test
    default void anAnswerThatEndsWithItsConnectionIsWhole() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Connection: close");
            exchange.send("all of it");
            exchange.close();
        });
        Reply reply = get("/scripted", scene);
        assertThat(reply.whole()).isTrue();
        assertThat(reply.text()).isEqualTo("all of it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 0", "Transfer-Encoding: chunked"})
    default void anEmptyAnswerIsWhole(String framing) throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", framing);
            if (framing.startsWith("T")) {
                exchange.sendLastChunk();
            }
        });
        Reply reply = get("/scripted", scene);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.whole()).isTrue();
        assertThat(reply.text()).isEmpty();
    }

    @Test
    default void anAnswerToHeadHasItsLengthAndNoBody() throws IOException {
        Scene scene = scene(exchange -> exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: 12345", "X-Own: 1"));
        try (Wire client = connect()) {
            for (int i = 0; i < 2; i++) { // the second would read what should not have followed the first
                Reply reply = ask(client, "HEAD /scripted HTTP/1.1", scene);
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.fields("Content-Length")).containsExactly("12345");
                assertThat(reply.field("X-Own")).isEqualTo("1");
            }
        }
    }

    /** RFC 9110 section 8.6: a length that the target has not stated would be a wrong one. */
    @ParameterizedTest
    @CsvSource({
        "HEAD, 200 OK, Transfer-Encoding: chunked",
        "HEAD, 200 OK, X-Own: 1",
        "GET, 304 Not Modified, ETag: \"a\"",
        "GET, 204 No Content, X-Own: 1",
    })
    default void anAnswerThatNeverHasABodyGetsNoLength(String method, String status, String field) throws IOException {
        Scene scene = scene(exchange -> exchange.sendHead("HTTP/1.1 " + status, field));
        try (Wire client = connect()) {
            for (int i = 0; i < 2; i++) { // the second would read what should not have followed the first
                Reply reply = ask(client, method + " /scripted HTTP/1.1", scene);
                assertThat(reply.status()).isEqualTo(Integer.parseInt(status.substring(0, 3)));
                assertThat(reply.fields("Content-Length")).isEmpty();
                assertThat(reply.text()).isEmpty();
            }
        }
    }

    @Test
    default void anEncodedBodyPassesUntouched() throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            Filling.write(gzip, 1000);
        }
        String body = compressed.toString(StandardCharsets.ISO_8859_1);
        Scene scene = scene(exchange -> exchange.answer("200 OK", body, "Content-Encoding: gzip"));
        Reply reply = get("/scripted", scene, "Accept-Encoding: gzip, br");
        assertThat(reply.field("Content-Encoding")).isEqualTo("gzip");
        assertThat(reply.text()).isEqualTo(body);
        assertThat(scene.request().values("Accept-Encoding")).containsExactly("gzip, br");
    }

    @Test
    default void anUploadOfKnownLengthKeepsIt() throws IOException {
        for (long length : LENGTHS) {
            CompletableFuture<Filling.Digest> arrived = new CompletableFuture<>();
            Scene scene = scene(exchange -> {
                arrived.complete(Filling.read(exchange.body()));
                exchange.answer("200 OK", "ok");
            });
            try (Wire client = connect()) {
                sendHead(client, "PUT /scripted HTTP/1.1", scene, "Content-Length: " + length);
                Filling.write(client.out(), length);
                assertThat(client.readReply().status()).isEqualTo(200);
            }
            assertThat(scene.request().values("Content-Length")).containsExactly(Long.toString(length));
            assertThat(scene.request().values("Transfer-Encoding")).isEmpty();
            assertThat(arrived).isCompletedWithValue(Filling.of(length));
        }
    }

    @Test
    default void aChunkedUploadStaysChunked() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Transfer-Encoding: chunked");
            client.sendChunk("one,").sendChunk("two").sendLastChunk();
            assertThat(client.readReply().status()).isEqualTo(200);
        }
        assertThat(scene.request().values("Transfer-Encoding")).containsExactly("chunked");
        assertThat(scene.request().values("Content-Length")).isEmpty();
        assertThat(scene.texts()).containsExactly("one,two");
    }

    /**
     * Once, the end of a chunked body was read with the exchange's monitor held. Tomcat takes the socket's lock for
     * that, while one of Tomcat's threads held this lock and waited for the monitor: a deadlock.
     */
    @Test
    default void manyChunkedUploadsOneAfterAnotherAllArrive() throws Exception {
        int clients = 8;
        int uploads = 200;
        Scene scene = scene(exchange -> {
            exchange.readBody();
            exchange.answer("200 OK", "ok");
        });
        Callable<Void> uploading = () -> {
            try (Wire client = connect()) {
                for (int i = 0; i < uploads; i++) {
                    sendHead(client, "POST /scripted HTTP/1.1", scene, "Transfer-Encoding: chunked");
                    client.sendChunk("hello");
                    client.sendLastChunk();
                    assertThat(client.readReply().text()).isEqualTo("ok");
                }
            }
            return null;
        };
        Concurrently.run(clients, uploading);
        assertThat(scene.texts()).hasSize(clients * uploads).containsOnly("hello");
    }

    /**
     * Once a chunked body has ended, Tomcat serves the connection again. When the end was read on one of Tomcat's own
     * threads, and filled its buffer of 16 KiB, Tomcat took what followed for a request, although it was the rest of
     * one or its turn had not come.
     */
    @Test
    default void whatFollowsAChunkedUploadIsTheNextRequestWhereverItEnds() throws IOException {
        Scene upload = scene(exchange -> {
            exchange.readBody();
            exchange.answer("200 OK", "stored");
        });
        Scene next = scene(exchange -> exchange.answer("200 OK", "next"));
        for (int length = 16_000; length < 16_400; length += 8) {
            try (Wire client = connect()) {
                sendHead(client, "POST /scripted HTTP/1.1", upload, "Transfer-Encoding: chunked");
                client.send("%x\r\n%s\r\n0\r\n\r\nGET /scripted HTTP/1.1\r\nHost: shop.example\r\n%s\r\n\r\n"
                        .formatted(length, "x".repeat(length), next.field()));
                assertThat(client.readReply().text())
                        .as("after %d bytes", length)
                        .isEqualTo("stored");
                assertThat(client.readReply().text())
                        .as("after %d bytes", length)
                        .isEqualTo("next");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "DELETE", "OPTIONS"})
    default void anyMethodMayHaveABody(String method) throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, method + " /scripted HTTP/1.1", scene, "Content-Length: 4");
            assertThat(client.send("body").readReply().status()).isEqualTo(200);
        }
        assertThat(scene.texts()).containsExactly("body");
    }

    @Test
    default void anEmptyUploadSaysThatItIsEmpty() throws IOException {
        Scene scene = scene(Script.OK);
        assertThat(ask("POST /scripted HTTP/1.1", scene, "Content-Length: 0").status())
                .isEqualTo(200);
        assertThat(scene.request().values("Content-Length")).containsExactly("0");
        assertThat(scene.request().values("Transfer-Encoding")).isEmpty();
    }

    /** A servlet container reads such a body itself as soon as anything asks for a parameter. */
    @Test
    default void aFormArrivesWhole() throws IOException {
        String form = "name=" + URLEncoder.encode("A b&ü", StandardCharsets.UTF_8) + "&empty=&name=2";
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(
                    client,
                    "POST /scripted?name=3 HTTP/1.1",
                    scene,
                    "Content-Type: application/x-www-form-urlencoded",
                    "Content-Length: " + form.length());
            assertThat(client.send(form).readReply().status()).isEqualTo(200);
        }
        assertThat(scene.texts()).containsExactly(form);
    }

    @Test
    default void aClientThatWaitsToBeAskedIsAsked() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 4", "Expect: 100-continue");
            assertThat(client.readHead().status()).isEqualTo(100);
            assertThat(client.send("body").readReply().status()).isEqualTo(200);
        }
        assertThat(scene.texts()).containsExactly("body");
    }

    @Test
    default void aTargetMayHintBeforeItAsks() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 103 Early Hints", "Link: </style.css>; rel=preload");
            Script.OK.play(exchange);
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 4", "Expect: 100-continue");
            assertThat(client.readHead().status()).as("hints are dropped").isEqualTo(100);
            assertThat(client.send("body").readReply().status()).isEqualTo(200);
            assertThat(ask(client, "GET /scripted HTTP/1.1", scene).status())
                    .as("on the same connection")
                    .isEqualTo(200);
        }
        assertThat(scene.texts()).containsExactly("body", "");
    }

    /** Once, for a response below 300, it was asked for a body that nobody wanted. */
    @ParameterizedTest
    @ValueSource(strings = {"417 Expectation Failed", "413 Content Too Large", "401 Unauthorized", "200 OK"})
    default void aClientThatWaitsToBeAskedIsToldThatTheTargetDoesNotWantIt(String status) throws IOException {
        Scene scene = scene(exchange -> {
            exchange.answer(status, "no", "Connection: close");
            exchange.close();
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 4", "Expect: 100-continue");
            if (stage().kind().asksForBodiesByItself()) {
                assertThat(client.readHead().status()).isEqualTo(100);
            }
            Head head = client.readHead();
            assertThat(head.startLine()).contains(status.substring(0, 3));
            assertThat(client.responseBody(head)).hasContent("no");
        }
        assertThat(scene.bodies()).isEmpty();
    }

    /**
     * RFC 9110 section 10.1.1: a target may ignore the expectation, and a client that sends it must not wait for ever.
     */
    @Test
    default void aTargetThatNeverAsksGetsTheBodyAllTheSame() throws IOException {
        Scene scene = scene(exchange -> {
            byte[] body = exchange.uninvitedBody().readAllBytes();
            exchange.answer("200 OK", new String(body, StandardCharsets.ISO_8859_1));
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 4", "Expect: 100-continue");
            Reply reply = client.send("body").readReply(); // this client does not wait for ever either
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.text()).isEqualTo("body");
        }
    }

    /** Its response has a length, so it might be all there is, and is given as long as 100 Continue. */
    @Test
    default void aTargetThatRespondsAndNeverAsksGetsTheBodyAllTheSame() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: 4");
            exchange.send(new String(exchange.uninvitedBody().readAllBytes(), StandardCharsets.ISO_8859_1));
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Length: 4", "Expect: 100-continue");
            Reply reply = client.send("body").readReply();
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.text()).isEqualTo("body");
        }
    }

    @Test
    default void theGreatestLengthThatThereIsIsALength() throws IOException {
        Scene scene = scene(exchange -> {
            int first = exchange.body().read();
            exchange.answer("200 OK", Character.toString(first), "Connection: close");
        });
        try (Wire client = connect()) {
            sendHead(client, "PUT /scripted HTTP/1.1", scene, "Content-Length: " + Long.MAX_VALUE);
            assertThat(client.send("!").readReply().text()).isEqualTo("!");
        }
    }

    @Test
    default void aGigabyteComesDownThroughASmallHeap() throws IOException {
        CompletableFuture<Filling.Digest> sent = new CompletableFuture<>();
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + GIGABYTE);
            sent.complete(exchange.sendFilling(GIGABYTE));
        });
        try (Wire client = connect()) {
            Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
            assertThat(head.status()).isEqualTo(200);
            Filling.Digest arrived = Filling.read(client.responseBody(head));
            assertThat(arrived.length()).isEqualTo(GIGABYTE);
            assertThat(arrived).isEqualTo(sent.join());
        }
    }

    @Test
    default void aGigabyteGoesUpThroughASmallHeap() throws IOException {
        CompletableFuture<Filling.Digest> arrived = new CompletableFuture<>();
        Scene scene = scene(exchange -> {
            arrived.complete(Filling.read(exchange.body()));
            exchange.answer("200 OK", "ok");
        });
        try (Wire client = connect()) {
            sendHead(client, "PUT /scripted HTTP/1.1", scene, "Content-Length: " + GIGABYTE);
            Filling.Digest sent = Filling.write(client.out(), GIGABYTE);
            assertThat(client.readReply().status()).isEqualTo(200);
            assertThat(arrived).isCompletedWithValue(sent);
        }
    }
}
