package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Filling;
import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.TargetExchange;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection on which client and target agree to speak another protocol: from then on, Sluice only moves bytes. */
interface TunnelsContract extends Contract {

    int TUNNELS = 300;

    /** In Tomcat, more than may wait for their targets' decision. */
    int UNDECIDED = 101;

    long MUCH = 20L << 20;

    /** Agrees, and echoes until the client has half-closed. */
    Script ECHO = exchange -> {
        if (exchange.head().values("Upgrade").isEmpty()) {
            exchange.answer("200 OK", "no upgrade");
            return;
        }
        agree(exchange);
        byte[] buffer = new byte[16 * 1024];
        InputStream in = exchange.wire().in();
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            exchange.wire().out().write(buffer, 0, n);
        }
        exchange.close();
    };

    static void agree(TargetExchange exchange, String... fieldLines) throws IOException {
        List<String> lines = new ArrayList<>(List.of("Connection: Upgrade", "Upgrade: echo"));
        lines.addAll(List.of(fieldLines));
        exchange.sendHead("HTTP/1.1 101 Switching Protocols", lines.toArray(String[]::new));
    }

    default Head upgrade(Wire client, String path, Scene scene, String... fieldLines) throws IOException {
        List<String> lines = new ArrayList<>(List.of("Connection: keep-alive, Upgrade", "Upgrade: echo"));
        lines.addAll(List.of(fieldLines));
        return sendHead(client, "GET " + path + " HTTP/1.1", scene, lines.toArray(String[]::new))
                .readHead();
    }

    private Wire tunnel(String path, Scene scene) throws IOException {
        Wire client = connect();
        assertThat(upgrade(client, path, scene).status()).isEqualTo(101);
        return client;
    }

    @Test
    default void bytesPassBothWays() throws IOException {
        Scene scene = scene(ECHO);
        try (Wire client = tunnel("/scripted", scene)) {
            for (int i = 0; i < 10; i++) {
                assertThat(client.send("message" + i).read(8)).isEqualTo("message" + i);
            }
        }
        await().atMost(Wire.PATIENCE).until(() -> scene.inProgress() == 0);
    }

    /** Once, in Jetty, a POST without a length could have had a body, and so no upgrade. */
    @Test
    default void anyMethodMayAskForAnUpgrade() throws IOException {
        Scene scene = scene(ECHO);
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Connection: Upgrade", "Upgrade: echo");
            assertThat(client.readHead().status()).isEqualTo(101);
            assertThat(client.send("hello").read(5)).isEqualTo("hello");
        }
    }

    @Test
    default void theHandshakePassesWithWhatBelongsToIt() throws IOException {
        Scene scene = scene(exchange ->
                agree(exchange, "Sec-WebSocket-Accept: xyz", "X-Many: 1", "X-Many: 2", "Content-Length: 5"));
        try (Wire client = connect()) {
            Head answer = upgrade(client, "/strip/chat?room=1", scene, "Sec-WebSocket-Key: abc", "Origin: null");
            assertThat(answer.status()).isEqualTo(101);
            assertThat(answer.value("Connection").split(" *, *")).contains("Upgrade");
            assertThat(answer.value("Upgrade")).isEqualTo("echo");
            assertThat(answer.value("Sec-WebSocket-Accept")).isEqualTo("xyz");
            assertThat(answer.values("X-Many")).containsExactly("1", "2");
            assertThat(answer.names()).doesNotContain("content-length", "transfer-encoding");
        }
        Head request = scene.request();
        assertThat(request.startLine()).isEqualTo("GET /chat?room=1 HTTP/1.1");
        assertThat(request.values("Connection")).containsExactly("Upgrade");
        assertThat(request.values("Upgrade")).containsExactly("echo");
        assertThat(request.value("Sec-WebSocket-Key")).isEqualTo("abc");
        assertThat(request.value("X-Forwarded-For")).isEqualTo("127.0.0.1");
    }

    /**
     * In Tomcat, the last request is forwarded without its Upgrade, because each of the others occupies a container
     * thread.
     */
    @Test
    default void targetsThatDoNotDecideKeepNobodyOut() throws Exception {
        CountDownLatch deciding = new CountDownLatch(1);
        Scene undecided = scene(exchange -> {
            awaitDecision(deciding);
            exchange.answer("200 OK", "no upgrade");
        });
        List<Wire> clients = new ArrayList<>();
        try {
            for (int i = 0; i < UNDECIDED; i++) {
                clients.add(connect());
                sendHead(clients.get(i), "GET /scripted HTTP/1.1", undecided, "Connection: Upgrade", "Upgrade: echo");
            }
            await().atMost(Wire.PATIENCE).until(() -> undecided.inProgress() == UNDECIDED);
            Scene other = scene(exchange -> exchange.answer("200 OK", "answered"));
            Reply reply = ask("GET /scripted HTTP/1.1", other, "Connection: Upgrade", "Upgrade: echo");
            assertThat(reply.text()).isEqualTo("answered");
            deciding.countDown();
            for (Wire client : clients) {
                assertThat(client.readReply().text()).isEqualTo("no upgrade");
            }
        } finally {
            deciding.countDown();
            for (Wire client : clients) {
                client.close();
            }
        }
    }

    private static void awaitDecision(CountDownLatch deciding) {
        try {
            assertThat(deciding.await(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A target may send before the client does, even together with its 101. */
    @Test
    default void whatIsSentRightAfterTheHandshakeArrives() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nwelcome");
            assertThat(exchange.wire().read(5)).isEqualTo("hello");
            exchange.send("!");
        });
        try (Wire client = tunnel("/scripted", scene)) {
            assertThat(client.read(7)).isEqualTo("welcome");
            assertThat(client.send("hello").read(1)).isEqualTo("!");
        }
    }

    @Test
    default void muchPassesBothWaysAtOnce() throws Exception {
        Scene scene = scene(exchange -> {
            agree(exchange);
            CompletableFuture<Filling.Digest> down = CompletableFuture.supplyAsync(() -> {
                try {
                    return exchange.sendFilling(MUCH);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            exchange.send(Filling.read(bounded(exchange.wire().in())).equals(down.join()) ? "=" : "!");
        });
        try (Wire client = tunnel("/scripted", scene)) {
            CompletableFuture<Filling.Digest> up = CompletableFuture.supplyAsync(() -> {
                try {
                    return Filling.write(client.out(), MUCH);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            Filling.Digest received = Filling.read(bounded(client.in()));
            assertThat(received).isEqualTo(up.get(20, TimeUnit.SECONDS));
            assertThat(client.read(1)).isEqualTo("=");
        }
    }

    /** The first part of the stream, of this length. */
    private static InputStream bounded(InputStream in) {
        return new InputStream() {
            private long left = MUCH;

            @Override
            public int read() throws IOException {
                return left-- > 0 ? in.read() : -1;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                if (left == 0) {
                    return -1;
                }
                int n = in.read(buffer, offset, (int) Math.min(length, left));
                left -= Math.max(n, 0);
                return n;
            }
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"403 Forbidden", "426 Upgrade Required", "200 OK", "302 Found", "500 Internal Server Error"})
    default void aTargetThatRefusesIsPassedOnAsItAnswered(String status) throws IOException {
        Scene scene = scene(exchange -> exchange.answer(status, "not here", "X-Reason: 1", "Location: /other"));
        Reply reply = get("/scripted", scene, "Connection: Upgrade", "Upgrade: websocket");
        assertThat(reply.status()).isEqualTo(Integer.parseInt(status.substring(0, 3)));
        assertThat(reply.text()).isEqualTo("not here");
        assertThat(reply.field("X-Reason")).isEqualTo("1");
    }

    /** RFC 9110 section 7.8: nobody knows what is spoken then, and it may be what was kept from the target. */
    @ParameterizedTest
    @ValueSource(strings = {"other", "h2c", "echo, other", ","})
    default void aSwitchToAProtocolThatNobodyAskedForFails(String protocols) throws IOException {
        Scene scene = scene(exchange ->
                exchange.sendHead("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: " + protocols));
        String path = "/scripted/" + scene.id();
        assertOwnResponse(get(path, scene, "Connection: Upgrade", "Upgrade: echo, h2c"), 502);
        stage().host().awaitLogLine(scene.id(), "an upgrade that was not requested");
    }

    @Test
    default void afterARefusalTheConnectionIsFitForAnotherRequest() throws IOException {
        Scene refusing = scene(exchange -> exchange.answer("403 Forbidden", "not here"));
        Scene agreeing = scene(ECHO);
        try (Wire client = connect()) {
            for (int i = 0; i < 3; i++) {
                assertThat(ask(client, "GET /scripted HTTP/1.1", refusing, "Connection: Upgrade", "Upgrade: echo")
                                .status())
                        .isEqualTo(403);
            }
            assertThat(upgrade(client, "/scripted", agreeing).status()).isEqualTo(101);
            assertThat(client.send("x").read(1)).isEqualTo("x");
        }
    }

    @Test
    default void aRefusalStreamsLikeAnyOtherAnswer() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + MUCH);
            exchange.sendFilling(MUCH);
        });
        try (Wire client = connect()) {
            Head head = upgrade(client, "/scripted", scene);
            assertThat(Filling.read(client.responseBody(head))).isEqualTo(Filling.of(MUCH));
        }
    }

    @Test
    default void theConnectionIsRetriedAsForAnyRequest() throws IOException {
        Scene scene = scene(ECHO);
        for (int i = 0; i < 3; i++) {
            try (Wire client = tunnel("/one-refuses", scene)) {
                assertThat(client.send("x").read(1)).isEqualTo("x");
            }
        }
    }

    @Test
    default void withoutATargetTheHandshakeIsAnsweredAsAnyRequest() throws IOException {
        Scene scene = scene(ECHO);
        for (String path : List.of("/refuses", "/closes", "/nowhere")) {
            Reply reply = get(path, scene, "Connection: Upgrade", "Upgrade: echo");
            assertOwnResponse(reply, path.equals("/nowhere") ? 503 : 502);
        }
    }

    @Test
    default void aTunnelGoesToTheTargetOfItsSession() throws IOException {
        Scene scene = scene(exchange -> {
            agree(exchange);
            exchange.send(exchange.target());
            exchange.awaitEnd();
        });
        String target;
        String cookie;
        try (Wire client = connect()) {
            Head head = upgrade(client, "/sticky", scene);
            cookie = head.value("Set-Cookie").split(";", 2)[0];
            target = client.read(1);
        }
        assertThat(cookie).startsWith("SLUICE-");
        for (int i = 0; i < 4; i++) {
            try (Wire client = connect()) {
                assertThat(upgrade(client, "/sticky", scene, "Cookie: " + cookie)
                                .status())
                        .isEqualTo(101);
                assertThat(client.read(1)).isEqualTo(target);
            }
        }
    }

    @Test
    default void aTunnelIsInFlightUntilItEnds() throws IOException {
        Scene scene = scene(ECHO);
        try (Wire first = tunnel("/one-each", scene);
                Wire second = tunnel("/one-each", scene)) {
            assertOwnResponse(get("/one-each", scene(Script.OK)), 503);
            assertThat(first.send("1").read(1)).isEqualTo("1");
            assertThat(second.send("2").read(1)).isEqualTo("2");
        }
        await().atMost(Wire.PATIENCE)
                .until(() -> get("/one-each", scene(Script.OK)).status() == 200);
    }

    @Test
    default void theTargetsEndIsTheClients() throws IOException {
        Scene scene = scene(exchange -> {
            agree(exchange);
            exchange.send("bye");
            exchange.close();
        });
        try (Wire client = tunnel("/scripted", scene)) {
            assertThat(client.read(3)).isEqualTo("bye");
            client.awaitEnd();
        }
    }

    @Test
    default void theTargetsResetIsTheClientsEnd() throws IOException {
        Scene scene = scene(exchange -> {
            agree(exchange);
            assertThat(exchange.wire().read(1)).isEqualTo("x");
            exchange.reset();
        });
        try (Wire client = tunnel("/scripted", scene)) {
            client.send("x").awaitEnd();
        }
    }

    @Test
    default void theClientsResetIsTheTargetsEnd() throws IOException {
        Scene scene = scene(exchange -> {
            agree(exchange);
            exchange.awaitEnd();
        });
        tunnel("/scripted", scene).reset();
        await().atMost(Wire.PATIENCE).until(() -> scene.ended() == 1);
    }

    /** A client that has half-closed may still get a response. */
    @Test
    default void aClientsHalfClosePasses() throws IOException {
        Scene scene = scene(exchange -> {
            agree(exchange);
            byte[] all = exchange.wire().in().readAllBytes();
            exchange.send("got " + all.length);
        });
        try (Wire client = tunnel("/scripted", scene)) {
            client.send("12345").endOutput();
            assertThat(client.read(5)).isEqualTo("got 5");
            client.awaitEnd();
        }
    }

    @Test
    default void idleTunnelsHoldUpNobody() throws IOException {
        Scene scene = scene(ECHO);
        List<Wire> clients = new ArrayList<>();
        try {
            for (int i = 0; i < TUNNELS; i++) {
                clients.add(tunnel("/scripted", scene));
            }
            Scene others = scene(Script.OK);
            for (int i = 0; i < 100; i++) {
                assertThat(get("/other", others).status()).isEqualTo(200);
            }
            for (Wire client : clients) {
                assertThat(client.send("x").read(1)).isEqualTo("x");
            }
        } finally {
            for (Wire client : clients) {
                client.close();
            }
        }
        await().atMost(Wire.PATIENCE).until(() -> scene.inProgress() == 0);
    }

    /** A Jetty with an HTTP/2 module accepts the upgrade itself, and speaks HTTP/2 from then on. */
    @Test
    default void anotherHttpIsNotTunnelled() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(
                    client,
                    "GET /scripted HTTP/1.1",
                    scene,
                    "Connection: Upgrade, HTTP2-Settings",
                    "Upgrade: h2c",
                    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA");
            await().atMost(Wire.PATIENCE).until(() -> scene.ended() == 1);
        }
        assertThat(scene.request().names()).doesNotContain("upgrade", "connection", "http2-settings");
    }

    /** Jetty refuses such a request. */
    @Test
    default void anUpgradeThatIsNotNamedByConnectionIsNone() throws IOException {
        Scene scene = scene(ECHO);
        assertThat(get("/scripted", scene, "Upgrade: echo").status()).isNotEqualTo(101);
        assertThat(scene.requests())
                .allSatisfy(request -> assertThat(request.names()).doesNotContain("upgrade", "connection"));
    }

    @Test
    default void anUpgradeThatNobodyAskedForIsABadAnswer() throws IOException {
        Scene scene = scene(exchange -> agree(exchange));
        assertOwnResponse(ask("POST /scripted HTTP/1.1", scene), 502);
    }
}
