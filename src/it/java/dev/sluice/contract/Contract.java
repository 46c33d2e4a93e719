package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;

/** What the tests of every theme have in common. */
interface Contract {

    Stage stage();

    /** A new scene for this test. */
    default Scene scene(Script script) {
        return stage().scenes().add(script);
    }

    /** A client connection to the host. */
    default Wire connect() throws IOException {
        return Wire.connect(stage().host().port());
    }

    /** Sends a GET of the scene on a new connection, and reads the response. */
    default Reply get(String path, Scene scene, String... fieldLines) throws IOException {
        return ask("GET " + path + " HTTP/1.1", scene, fieldLines);
    }

    /** Sends a head of the scene on a new connection, and reads the response. */
    default Reply ask(String requestLine, Scene scene, String... fieldLines) throws IOException {
        try (Wire client = connect()) {
            return ask(client, requestLine, scene, fieldLines);
        }
    }

    /** Sends a head of the scene, and reads the response. */
    default Reply ask(Wire client, String requestLine, Scene scene, String... fieldLines) throws IOException {
        sendHead(client, requestLine, scene, fieldLines);
        return client.readReplyTo(requestLine.split(" ", 2)[0]);
    }

    /** Sends a head of the scene: Host, Scene, and these fields. Operators' pages are only at names of this machine. */
    default Wire sendHead(Wire client, String requestLine, Scene scene, String... fieldLines) throws IOException {
        String host = requestLine.contains(" " + Stage.ADMIN_PATH) ? "localhost" : "shop.example";
        return client.sendHead(
                requestLine,
                Stream.concat(Stream.of("Host: " + host, scene.field()), Arrays.stream(fieldLines))
                        .toArray(String[]::new));
    }

    /** A response of Sluice's own is empty and complete, so the connection can take the next request. */
    default void assertOwnResponse(Reply reply, int status) {
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.text()).isEmpty();
        assertThat(reply.field("Content-Length")).isEqualTo("0");
    }
}
