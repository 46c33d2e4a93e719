package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each request has one line, written at its end, which says how it ended. */
interface AccessLogContract extends Contract {

    int LEAVING = 20;

    /** The line of the scene's only request. Fails if there is more than one. */
    private String line(Scene scene) {
        String header = "\"Scene\":\"" + scene.id() + "\"";
        await().atMost(Wire.PATIENCE).until(() -> !lines(header).isEmpty());
        assertThat(lines(header)).hasSize(1);
        return lines(header).get(0);
    }

    private List<String> lines(String part) {
        return stage().host().log().stream().filter(line -> line.contains(part)).toList();
    }

    private void assertLine(Scene scene, String... members) {
        assertThat(line(scene)).contains(members);
    }

    @Test
    default void anAnswerHasItsLine() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.readBody();
            exchange.answer("201 Created", "four");
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /strip/x?a=b HTTP/1.1", scene, "Content-Length: 2", "X-Request-Id: " + scene.id());
            assertThat(client.send("ab").readReply().status()).isEqualTo(201);
        }
        assertThat(line(scene))
                .contains(
                        "\"client\":\"127.0.0.1\",\"client_port\":",
                        "\"method\":\"POST\",\"scheme\":\"http\",\"host\":\"shop.example\",\"path\":\"/strip/x\",\"query\":\"a=b\"",
                        "\"protocol\":\"HTTP/1.1\",\"status\":201,\"target_status\":201,\"termination\":\"--\",\"failure\":null",
                        "\"rule\":\"/strip\",\"target_group\":\"scripted\",\"target\":\"127.0.0.1:",
                        "\"attempts\":1,\"failovers\":0,\"tunnel\":false,\"queue_ms\":0.000",
                        "\"bytes_from_client\":2,\"bytes_to_client\":4,\"request_id\":\"" + scene.id() + "\"")
                .containsPattern("\"first_byte_ms\":[0-9]+\\.[0-9]{3},\"total_ms\":[0-9]+\\.[0-9]{3},");
    }

    @Test
    default void whatIsAnsweredHereHasItsLine() throws IOException {
        Scene unknown = scene(Script.OK);
        get("/nothing-is-here", unknown);
        assertLine(
                unknown,
                "\"status\":404,\"target_status\":null,\"termination\":\"LR\"",
                "\"target\":null,\"attempts\":0");
        Scene refused = scene(Script.OK);
        ask("TRACE /scripted HTTP/1.1", refused);
        assertLine(refused, "\"status\":405,", "\"termination\":\"PR\"", "\"target_group\":null");
        Scene large = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "POST /limited HTTP/1.1", large, "Content-Length: 1001");
            client.readReply();
        }
        assertLine(large, "\"status\":413,", "\"termination\":\"PR\"", "\"target_group\":\"limited\",\"target\":null");
        Scene nowhere = scene(Script.OK);
        get("/nowhere", nowhere);
        assertLine(nowhere, "\"status\":503,", "\"termination\":\"SC\"", "\"target\":null");
    }

    @Test
    default void whatTargetsDoHasItsLine() throws IOException {
        Scene refused = scene(Script.OK);
        get("/refuses", refused);
        assertLine(refused, "\"status\":502,\"target_status\":null,\"termination\":\"SC\"", "\"attempts\":1");
        Scene reset = scene(exchange -> exchange.reset());
        ask("POST /scripted HTTP/1.1", reset, "Content-Length: 0");
        assertLine(reset, "\"status\":502,\"target_status\":null,\"termination\":\"SH\"");
        Scene broken = brokenOff(exchange -> exchange.reset());
        assertLine(broken, "\"status\":200,\"target_status\":200,\"termination\":\"SD\"");
        Scene other = scene(exchange -> exchange.send("what?\r\n\r\n"));
        ask("POST /scripted HTTP/1.1", other, "Content-Length: 0");
        assertLine(other, "\"status\":502,\"target_status\":null,\"termination\":\"PH\"");
        Scene malformed = brokenOff(exchange -> exchange.send("zz\r\n"));
        assertLine(malformed, "\"status\":200,\"target_status\":200,\"termination\":\"PD\"");
        Scene silent = scene(exchange -> exchange.awaitEnd());
        ask("POST /scripted HTTP/1.1", silent, "Content-Length: 0");
        assertLine(silent, "\"status\":504,\"target_status\":null,\"termination\":\"sH\"");
    }

    /** A response that its target ends in this way once the client has its beginning. */
    private Scene brokenOff(Script end) throws IOException {
        Signal begun = new Signal();
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("x".repeat(100_000));
            begun.take();
            end.play(exchange);
        });
        try (Wire client = connect()) {
            sendHead(client, "GET /scripted HTTP/1.1", scene);
            client.readHead();
            begun.give();
            client.awaitEnd();
        }
        return scene;
    }

    @Test
    default void anotherTargetThatAnswersHasTheLine() throws IOException {
        Scene scene = scene(exchange -> {
            if (exchange.target().equals("a")) {
                exchange.reset();
            } else {
                exchange.answer("200 OK", "");
            }
        });
        for (int i = 0; i < 3; i++) {
            assertThat(get("/faulty", scene).status()).isEqualTo(200);
        }
        String header = "\"Scene\":\"" + scene.id() + "\"";
        await().atMost(Wire.PATIENCE).until(() -> lines(header).size() == 3);
        assertThat(lines(header))
                .anySatisfy(line -> assertThat(line)
                        .contains("\"status\":200,\"target_status\":200,\"termination\":\"--\"", "\"failovers\":1"));
    }

    @Test
    default void aFullQueueAndAPatienceThatEndedHaveTheirLines() throws IOException {
        Signal done = new Signal();
        Scene holding = scene(exchange -> {
            done.take();
            exchange.answer("200 OK", "");
        });
        Scene waiting = scene(Script.OK);
        Scene refused = scene(Script.OK);
        try (Wire holder = connect();
                Wire first = connect()) {
            sendHead(holder, "GET /short-queue HTTP/1.1", holding);
            await().atMost(Wire.PATIENCE).until(() -> holding.inProgress() == 1);
            sendHead(first, "GET /short-queue HTTP/1.1", waiting);
            assertThat(first.readReply().status()).isEqualTo(503);
            done.give();
            holder.readReply();
        }
        assertThat(line(waiting))
                .contains("\"status\":503,\"target_status\":null,\"termination\":\"sQ\"", "\"target\":null")
                .containsPattern("\"queue_ms\":[0-9]{3,}\\.");
        Signal full = new Signal();
        Scene both = scene(exchange -> {
            full.take();
            exchange.answer("200 OK", "");
        });
        try (Wire one = connect();
                Wire other = connect()) {
            sendHead(one, "GET /one-each HTTP/1.1", both);
            sendHead(other, "GET /one-each HTTP/1.1", both);
            await().atMost(Wire.PATIENCE).until(() -> both.inProgress() == 2);
            assertThat(get("/one-each", refused).status()).isEqualTo(503);
            full.give();
            full.give();
            one.readReply();
            other.readReply();
        }
        assertLine(refused, "\"status\":503,\"target_status\":null,\"termination\":\"RQ\"");
    }

    @Test
    default void whatClientsDoHasItsLine() throws IOException {
        Signal begun = new Signal();
        Scene upload = scene(exchange -> {
            exchange.body().readNBytes(5);
            begun.give();
            exchange.readBody();
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", upload, "Content-Length: 10");
            client.send("first");
            begun.take();
        }
        assertLine(upload, "\"target_status\":null,\"termination\":\"CH\"", "\"bytes_from_client\":5");
        leaveDownload("GET", "");
        leaveDownload("POST", "first"); // a host may report it to who has read the request
    }

    private void leaveDownload(String method, String upload) throws IOException {
        Scene download = scene(exchange -> {
            exchange.readBody();
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + Long.MAX_VALUE);
            exchange.sendFilling(Long.MAX_VALUE);
        });
        try (Wire client = connect()) {
            sendHead(client, method + " /scripted HTTP/1.1", download, "Content-Length: " + upload.length());
            client.send(upload);
            client.responseBody(client.readHead()).readNBytes(100_000);
        }
        assertLine(download, "\"status\":200,\"target_status\":200,\"termination\":\"CD\"");
    }

    @Test
    default void aClientThatLeavesTheQueueHasItsLine() throws IOException {
        Signal done = new Signal();
        Scene holding = scene(exchange -> {
            done.take();
            exchange.answer("200 OK", "");
        });
        Scene leaving = scene(Script.OK);
        try (Wire holder = connect()) {
            sendHead(holder, "GET /queue HTTP/1.1", holding);
            await().atMost(Wire.PATIENCE).until(() -> holding.inProgress() == 1);
            try (Wire client = connect()) {
                sendHead(client, "POST /queue HTTP/1.1", leaving, "Content-Length: 10");
                client.send("first");
            }
            assertLine(leaving, "\"target_status\":null,\"termination\":\"CQ\"", "\"target\":null");
            done.give();
            holder.readReply();
        }
    }

    /** Once, it was booked as a target that stays silent, and held that for CONNECTION_TIMEOUT. */
    @Test
    default void aClientThatLeavesBeforeItsTunnelIsOpenIsWhoEndsIt() throws IOException {
        Scene scene = scene(TunnelsContract.ECHO);
        for (int i = 0; i < LEAVING; i++) {
            Wire client = connect();
            sendHead(client, "GET /scripted HTTP/1.1", scene, "Connection: Upgrade", "Upgrade: echo");
            client.reset();
        }
        String ofScene = "\"Scene\":\"" + scene.id() + "\"";
        await().atMost(Wire.PATIENCE).until(() -> lines(ofScene).size() == LEAVING);
        assertThat(lines(ofScene)).noneMatch(line -> line.contains("\"termination\":\"s"));
    }

    @Test
    default void aTunnelHasItsLineAtItsEnd() throws IOException {
        Scene scene = scene(TunnelsContract.ECHO);
        try (Wire client = connect()) {
            sendHead(client, "GET /scripted HTTP/1.1", scene, "Connection: Upgrade", "Upgrade: echo");
            assertThat(client.readHead().status()).isEqualTo(101);
            assertThat(client.send("12345").read(5)).isEqualTo("12345");
            assertThat(lines("\"Scene\":\"" + scene.id() + "\"")).isEmpty();
            client.endOutput().awaitEnd();
        }
        assertLine(
                scene,
                "\"status\":101,\"target_status\":101,\"termination\":\"--\"",
                "\"tunnel\":true",
                "\"bytes_from_client\":5,\"bytes_to_client\":5");
    }
}
