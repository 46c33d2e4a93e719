package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Trailers pass where they are asked for, and are never taken for header fields. */
interface TrailersContract extends Contract {

    @Test
    default void trailersOfAnAnswerReachAClientThatTakesThem() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Trailer: X-Checksum");
            exchange.sendChunk("content");
            exchange.send("0\r\nX-Checksum: abc\r\nX-Checksum: def\r\nX-Other: 1\r\n\r\n");
        });
        Reply reply = get("/scripted", scene, "TE: gzip;q=0.5, trailers");
        assertThat(scene.request().values("TE")).containsExactly("trailers");
        assertThat(reply.text()).isEqualTo("content");
        assertThat(lowerCase(reply.trailers())).containsExactlyInAnyOrder("x-checksum: abc, def", "x-other: 1");
        assertThat(reply.head().names()).doesNotContain("x-checksum", "x-other");
    }

    @Test
    default void anAnswerWithoutTrailersEndsAsEver() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("content");
            exchange.sendLastChunk();
        });
        try (Wire client = connect()) {
            for (int i = 0; i < 2; i++) {
                Reply reply = ask(client, "GET /scripted HTTP/1.1", scene, "TE: trailers");
                assertThat(reply.text()).isEqualTo("content");
                assertThat(reply.trailers()).isEmpty();
            }
        }
    }

    /** RFC 9110 section 15.3.6: it has no content. Once, Tomcat did not end the chunked body of such a response. */
    @Test
    default void aResponseThatHasNoContentEndsWithoutTrailers() throws IOException {
        Scene scene = scene(
                exchange -> exchange.send("HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
        try (Wire client = connect()) {
            for (int i = 0; i < 2; i++) {
                Reply reply = ask(client, "GET /scripted HTTP/1.1", scene, "TE: trailers");
                assertThat(reply.status()).isEqualTo(205);
                assertThat(reply.whole()).isTrue();
            }
        }
    }

    @Test
    default void trailersThatNobodyAskedForEndHere() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("content");
            exchange.send("0\r\nX-Checksum: abc\r\n\r\n");
        });
        try (Wire client = connect()) {
            for (int i = 0; i < 2; i++) {
                Reply reply = ask(client, "GET /scripted HTTP/1.1", scene);
                assertThat(reply.text()).isEqualTo("content");
                assertThat(reply.trailers()).isEmpty();
            }
        }
        assertThat(scene.requests())
                .allSatisfy(request -> assertThat(request.names()).doesNotContain("te"));
    }

    @Test
    default void anHttp10ClientGetsNoTrailers() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("content");
            exchange.send("0\r\nX-Checksum: abc\r\n\r\n");
        });
        Reply reply = ask("GET /scripted HTTP/1.0", scene, "TE: trailers");
        assertThat(reply.text()).isEqualTo("content");
        assertThat(scene.request().names()).doesNotContain("te");
    }

    /** Tomcat passes only those that its connector lists in allowedTrailerHeaders. */
    @Test
    default void trailersOfARequestReachTheTarget() throws IOException {
        List<String> trailers = new CopyOnWriteArrayList<>();
        Scene scene = scene(exchange -> {
            exchange.readBody();
            trailers.addAll(exchange.trailers());
            exchange.answer("200 OK", "ok");
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Transfer-Encoding: chunked");
            client.sendChunk("content").send("0\r\nX-Checksum: abc\r\n\r\n");
            assertThat(client.readReply().status()).isEqualTo(200);
        }
        assertThat(lowerCase(trailers)).containsExactly("x-checksum: abc");
        assertThat(scene.texts()).containsExactly("content");
        assertThat(scene.request().names()).doesNotContain("x-checksum");
    }

    /**
     * Whoever reads trailers as if they were part of the head must not find fields there that decide about the request.
     */
    @Test
    default void trailersThatBelongBeforeABodyEndHere() throws IOException {
        List<String> trailers = new CopyOnWriteArrayList<>();
        Scene scene = scene(exchange -> {
            exchange.readBody();
            trailers.addAll(exchange.trailers());
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.send("0\r\nSet-Cookie: a=1\r\nLocation: /evil\r\nX-Checksum: abc\r\n\r\n");
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Transfer-Encoding: chunked", "TE: trailers");
            client.sendChunk("content")
                    .send("0\r\nAuthorization: Basic eDp5\r\nX-Forwarded-For: 10.0.0.1\r\nHost: evil\r\n\r\n");
            Reply reply = client.readReply();
            assertThat(lowerCase(reply.trailers())).containsExactly("x-checksum: abc");
        }
        assertThat(trailers).isEmpty();
    }

    /** A body that is kept for retries keeps its trailers. */
    @Test
    default void trailersAreSentAgainToAnotherTarget() throws IOException {
        List<String> trailers = new CopyOnWriteArrayList<>();
        Scene scene = scene(exchange -> {
            exchange.readBody();
            trailers.addAll(exchange.trailers());
            if (trailers.size() == 1) {
                exchange.reset();
            } else {
                exchange.answer("200 OK", "ok");
            }
        });
        try (Wire client = connect()) {
            sendHead(client, "PUT /faulty HTTP/1.1", scene, "Transfer-Encoding: chunked");
            client.sendChunk("content").send("0\r\nX-Checksum: abc\r\n\r\n");
            assertThat(client.readReply().status()).isEqualTo(200);
        }
        assertThat(lowerCase(trailers)).containsExactly("x-checksum: abc", "x-checksum: abc");
    }

    private static List<String> lowerCase(List<String> lines) {
        return lines.stream().map(line -> line.toLowerCase(Locale.ROOT)).toList();
    }
}
