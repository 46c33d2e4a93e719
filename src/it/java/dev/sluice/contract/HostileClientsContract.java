package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are slow, that want much at once, or that leave at any moment: nobody else notices. */
interface HostileClientsContract extends HostileContract {

    /** More than the threads of any host. */
    int CROWD = 250;

    int PIPELINED = 50;

    @Test
    default void headsThatAreNotSentToTheirEndHoldUpNobody() throws IOException {
        Scene scene = scene(NAMES_ITS_REQUEST);
        String request = "GET /scripted/slow HTTP/1.1\r\nHost: shop.example\r\n" + scene.field() + "\r\n\r\n";
        assertHoldUpNobody(request, request.length() - 1);
        assertThat(scene.requests()).hasSize(CROWD);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 10\r\n\r\n0123456789",
                "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"
            })
    default void bodiesThatAreNotSentToTheirEndHoldUpNobody(String framedBody) throws IOException {
        Scene scene = scene(NAMES_ITS_REQUEST);
        String head = "POST /scripted/slow HTTP/1.1\r\nHost: shop.example\r\n" + scene.field() + "\r\n";
        assertHoldUpNobody(head + framedBody, (head + framedBody).length() - 9);
        assertThat(scene.texts()).hasSize(CROWD).containsOnly("0123456789");
    }

    /**
     * Each client of a crowd sends the request up to this index. While all of them wait, others are served. Then each
     * sends the rest and is served too.
     */
    private void assertHoldUpNobody(String request, int upTo) throws IOException {
        List<Wire> crowd = new ArrayList<>();
        try {
            for (int i = 0; i < CROWD; i++) {
                crowd.add(connect().send(request.substring(0, upTo)));
            }
            assertOthersAreServed();
            for (Wire client : crowd) {
                client.send(request.substring(upTo));
            }
            for (Wire client : crowd) {
                assertThat(client.readReply().text()).isEqualTo("/scripted/slow");
            }
        } finally {
            for (Wire client : crowd) {
                client.close();
            }
        }
    }

    private void assertOthersAreServed() throws IOException {
        Scene others = scene(Script.OK);
        for (int i = 0; i < 10; i++) {
            assertThat(get("/scripted", others).status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"})
    default void aClientMayLeaveAtAnyByte(String framedBody) throws IOException {
        Scene scene = scene(NAMES_ITS_REQUEST);
        String request = "POST /scripted HTTP/1.1\r\nHost: shop.example\r\n" + scene.field() + "\r\n" + framedBody;
        // RFC 9112 section 8: a body is complete with its last chunk, although its trailer section has not ended.
        int whole = request.length() - (request.endsWith("0\r\n\r\n") ? 2 : 0);
        for (int length = 0; length < whole; length++) {
            String sent = request.substring(0, length);
            if (!sent.endsWith("hello\r") || !stage().kind().takesACutChunkForTheLast()) {
                leaveAfter(sent, length % 2 == 0);
            }
        }
        assertOthersAreServed();
        await().until(() -> scene.inProgress() == 0);
        assertThat(scene.bodies()).isEmpty();
    }

    private void leaveAfter(String sent, boolean byReset) throws IOException {
        try (Wire client = connect().send(sent)) {
            if (byReset) {
                client.reset();
            }
        }
    }

    @Test
    default void aClientMayLeaveWithAllOfItsAnswersUnread() throws IOException {
        Scene scene = scene(NAMES_ITS_REQUEST);
        String request = "GET /scripted HTTP/1.1\r\nHost: shop.example\r\n" + scene.field() + "\r\n\r\n";
        for (int i = 0; i < PIPELINED; i++) {
            connect().send(request.repeat(PIPELINED)).reset();
        }
        assertOthersAreServed();
        await().until(() -> scene.inProgress() == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST"})
    default void aClientThatHasSaidItsLastIsAnswered(String method) throws IOException {
        Signal said = new Signal();
        Scene scene = scene(exchange -> {
            exchange.readBody();
            said.take();
            exchange.answer("200 OK", exchange.head().requestTarget());
        });
        try (Wire client = connect()) {
            String body = method.equals("POST") ? "hello" : "";
            sendHead(client, method + " /scripted HTTP/1.1", scene, "Content-Length: " + body.length());
            client.send(body).endOutput();
            said.give();
            assertThat(client.readReply().text()).isEqualTo("/scripted");
        }
    }

    @Test
    default void manyRequestsSentAtOnceAreAnsweredInTheirOrder() throws IOException {
        Scene scene = scene(NAMES_ITS_REQUEST);
        StringBuilder requests = new StringBuilder();
        List<String> paths = new ArrayList<>();
        for (int i = 0; i < PIPELINED; i++) {
            String path = "/scripted/" + i;
            String body = "b".repeat(i);
            paths.add(path);
            requests.append("POST ").append(path).append(" HTTP/1.1\r\nHost: shop.example\r\n");
            requests.append(scene.field()).append("\r\nContent-Length: ").append(i);
            requests.append("\r\n\r\n").append(body);
        }
        try (Wire client = connect().send(requests.toString())) {
            for (String path : paths) {
                assertThat(client.readReply().text()).isEqualTo(path);
            }
        }
        assertThat(scene.texts()).extracting(String::length).isSorted();
    }

    @Test
    default void aFloodOfConnectionsPasses() throws IOException {
        List<Wire> flood = new ArrayList<>();
        for (int i = 0; i < 2 * CROWD; i++) {
            flood.add(connect());
        }
        assertOthersAreServed();
        for (Wire client : flood) {
            client.close();
        }
        assertOthersAreServed();
    }
}
