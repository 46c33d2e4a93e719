package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A request whose body is larger than its group accepts is answered with 413, and no target takes the body for a
 * complete one.
 */
interface LimitsContract extends Contract {

    int LIMIT = Stage.MAX_REQUEST_BODY_BYTES;

    /** More than fits into the buffers on the way. */
    int LARGE = 8 * 1024 * 1024;

    @Test
    default void aBodyUpToTheLimitPasses() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "POST /limited HTTP/1.1", scene, "Content-Length: " + LIMIT);
            assertThat(client.send("b".repeat(LIMIT)).readReply().status()).isEqualTo(200);
            sendHead(client, "POST /limited HTTP/1.1", scene, "Transfer-Encoding: chunked");
            client.sendChunk("b").sendChunk("b".repeat(LIMIT - 1)).sendLastChunk();
            assertThat(client.readReply().status()).isEqualTo(200);
        }
        assertThat(scene.texts()).containsExactly("b".repeat(LIMIT), "b".repeat(LIMIT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "POST"})
    default void aDeclaredLengthBeyondTheLimitIsRefusedBeforeItIsSent(String method) throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, method + " /limited HTTP/1.1", scene, "Content-Length: " + (LIMIT + 1));
            assertRefused(client.readReply());
            client.send("b".repeat(LIMIT + 1)).awaitEnd();
        }
        assertThat(scene.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"9223372036854775807", "9999999999999"})
    default void anEnormousDeclaredLengthIsRefused(String length) throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "POST /limited HTTP/1.1", scene, "Content-Length: " + length);
            assertThat(client.readReply().status()).isEqualTo(413);
        }
        assertThat(scene.requests()).isEmpty();
    }

    @Test
    default void aClientThatWaitsForAWordBeforeItSendsTooMuchIsNotAskedTo() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "POST /limited HTTP/1.1", scene, "Content-Length: " + (LIMIT + 1), "Expect: 100-continue");
            Head head = client.readHead();
            if (stage().kind().asksForBodiesByItself() && head.status() == 100) {
                head = client.readHead();
            }
            assertThat(head.status()).isEqualTo(413);
            client.awaitEnd();
        }
        assertThat(scene.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    default void aClientThatSendsOnUntilItHasSentAllSeesTheRefusal(boolean declared) throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            String body = "b".repeat(LARGE);
            if (declared) {
                sendHead(client, "POST /limited HTTP/1.1", scene, "Content-Length: " + LARGE);
                client.send(body);
            } else {
                sendHead(client, "POST /limited HTTP/1.1", scene, "Transfer-Encoding: chunked");
                client.sendChunk(body).sendLastChunk();
            }
            assertRefused(client.readReply());
        }
        assertThat(scene.bodies()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "POST"})
    default void aBodyThatGrowsBeyondTheLimitIsCutOffAtTheTarget(String method) throws IOException {
        Signal begun = new Signal();
        Scene scene = scene(exchange -> {
            exchange.body().readNBytes(LIMIT);
            begun.give();
            exchange.readBody();
        });
        try (Wire client = connect()) {
            sendHead(client, method + " /limited HTTP/1.1", scene, "Transfer-Encoding: chunked");
            client.sendChunk("b".repeat(LIMIT));
            begun.take();
            client.sendChunk("b");
            assertRefused(client.readReply());
            client.sendLastChunk().awaitEnd();
        }
        await().untilAsserted(() -> assertThat(scene.failures()).hasSize(1));
        assertThat(scene.bodies()).isEmpty();
        assertThat(scene.requests()).hasSize(1);
        stage().host().awaitLogLine("413 " + method + " /limited", "limited: the request's body is larger");
    }

    @Test
    default void anAnswerThatHasBegunIsBrokenOff() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("begun");
            exchange.readBody();
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /limited HTTP/1.1", scene, "Transfer-Encoding: chunked");
            client.sendChunk("b");
            Head head = client.readHead();
            assertThat(head.status()).isEqualTo(200);
            assertThat(client.responseBody(head).readNBytes(5)).asString().isEqualTo("begun");
            client.sendChunk("b".repeat(LIMIT));
            client.awaitEnd();
        }
        await().untilAsserted(() -> assertThat(scene.failures()).hasSize(1));
        assertThat(scene.bodies()).isEmpty();
    }

    private void assertRefused(Reply reply) {
        assertOwnResponse(reply, 413);
        assertThat(reply.whole()).isTrue();
        assertThat(reply.field("Connection")).isEqualToIgnoringCase("close");
    }
}
