package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.Certificates;
import dev.sluice.contract.wire.Filling;
import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Http2Target;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.Wire;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * TLS to targets: which ones are trusted, and which are not. All tests share one process; each group is at the path of
 * its name.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TlsToTargetsIT {

    private static final long LARGE = 32L * 1024 * 1024;
    private static final int PIECE = 64 * 1024;

    @TempDir
    private static Path directory;

    private final Deque<Closeable> open = new ArrayDeque<>();
    private final Scenes scenes = new Scenes();
    private final Settings settings = new Settings();
    private final CountDownLatch dribbleEnded = new CountDownLatch(1);
    private final CompletableFuture<Filling.Digest> farewell = new CompletableFuture<>();
    private ScriptedTarget right;
    private ScriptedTarget wrong;
    private ScriptedTarget checked;
    private HostProcess sluice;

    @BeforeAll
    void open() throws IOException, GeneralSecurityException {
        Certificates known = new Certificates(directory);
        known.issue("right", "dns:localhost,ip:127.0.0.1");
        known.issue("wrong", "dns:elsewhere.example,ip:127.0.0.9");
        Path strangers = Files.createDirectory(directory.resolve("strangers"));
        Certificates unknown = new Certificates(strangers);

        right = opened(ScriptedTarget.withTls("right", scenes, known.server("right")));
        wrong = opened(ScriptedTarget.withTls("wrong", scenes, known.server("wrong")));
        checked = opened(ScriptedTarget.withTls("checked", scenes, known.server("right")));
        ScriptedTarget plain = opened(ScriptedTarget.of("plain", scenes));
        Http2Target speakingInClear = opened(new Http2Target(connection -> {
            connection.sendRaw("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            connection.awaitEnd();
        }));
        ServerSocket silent = opened(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        ServerSocket cutting = opened(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        ServerSocket leaving = opened(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        ServerSocket dribbling = opened(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        ServerSocket overflowing = opened(new GatheringServer());
        SSLContext tls = known.server("right");
        inBackground(() -> cut(cutting, tls));
        inBackground(() -> leave(leaving));
        inBackground(() -> dribble(dribbling));
        inBackground(() -> overflow(overflowing, tls));
        String byName = "localhost:" + right.port();
        String wrongByName = "localhost:" + wrong.port();
        String authority = known.authority().toString();

        settings.set("CONNECTION_TIMEOUT", "1000");
        settings.set("EJECTION_CONSECUTIVE_FAILURES", "0");
        group("trusted", authority, byName);
        group("trusted-address", authority, right.address());
        group("wrong-name", authority, wrongByName);
        group("wrong-address", authority, wrong.address());
        group("cut", authority, "localhost:" + cutting.getLocalPort());
        group("overflowing", authority, "localhost:" + overflowing.getLocalPort());
        group("unknown", unknown.authority().toString(), byName);
        group("unknown-to-the-jvm", null, byName);
        group("insecure", null, wrongByName);
        settings.with("TLS_INSECURE_SKIP_VERIFY", "true");
        group("without-tls", authority, speakingInClear.address());
        group("silent", authority, "127.0.0.1:" + silent.getLocalPort());
        group("leaving", authority, "127.0.0.1:" + leaving.getLocalPort());
        group("dribbling", authority, "127.0.0.1:" + dribbling.getLocalPort());
        for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
            group(
                    version,
                    authority,
                    opened(Http2Target.withTls(TlsToTargetsIT::answer, tls, version))
                            .address());
            settings.with("PROTOCOL_VERSION", "HTTP2");
        }
        group("next", authority, wrong.address(), right.address());
        group("checked", authority, "localhost:" + checked.port());
        settings.with("HEALTH_CHECK_PATH", "/health");
        settings.groupAtItsName("ready", plain.address());
        sluice = opened(new LauncherHost().start(settings.variables()).awaitReady("/ready"));
    }

    /** On a thread of its own, because it does not end before the test. */
    private static void inBackground(Runnable target) {
        Thread thread = new Thread(target, "target");
        thread.setDaemon(true);
        thread.start();
    }

    private void group(String name, String authority, String... targets) {
        settings.groupAtItsName(name, targets);
        settings.with("PROTOCOL", "HTTPS");
        if (authority != null) {
            settings.with("TLS_CA_FILE", authority);
        }
    }

    private <C extends Closeable> C opened(C opened) {
        open.push(opened);
        return opened;
    }

    @AfterAll
    void close() throws IOException {
        while (!open.isEmpty()) {
            open.pop().close();
        }
        assertThat(sluice.log()).noneMatch(line -> line.contains("failed unexpectedly"));
    }

    private Reply get(String path, Scene scene) throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            return client.sendHead("GET " + path + " HTTP/1.1", "Host: localhost", scene.field())
                    .readReply();
        }
    }

    @ParameterizedTest
    @CsvSource({"/trusted, right", "/trusted-address, right", "/insecure, wrong"})
    void aTargetPasses(String path, String target) throws IOException {
        Reply reply = get(path, scenes.add(Script.OK));
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Target")).isEqualTo(target);
    }

    /** Also if the handshake ends with a message of the client, behind which there is no room yet for more. */
    @ParameterizedTest
    @ValueSource(strings = {"/TLSv1.2", "/TLSv1.3"})
    void aTargetThatSpeaksHttp2Passes(String path) throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            for (int i = 0; i < 3; i++) {
                client.sendHead("PUT " + path + " HTTP/1.1", "Host: localhost", "Content-Length: " + 10 * PIECE);
                client.out().write(new byte[10 * PIECE]);
                assertThat(client.readReply().status()).isEqualTo(200);
            }
        }
    }

    private static void answer(Http2Target.Connection connection) throws IOException {
        connection.greet();
        for (int stream = connection.readRequest(); stream > 0; stream = connection.readRequest()) {
            connection.sendHeaders(stream, Http2Target.END_STREAM, ":status", "200");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/wrong-name, 502, No subject alternative DNS name matching localhost",
        "/wrong-address, 502, No subject alternative names matching IP address 127.0.0.1",
        "/unknown, 502, TLS_CA_FILE of its group names",
        "/unknown-to-the-jvm, 502, certification path to requested target; TLS_CA_FILE",
        "/without-tls, 502, plaintext connection",
        "/silent, 504, could not connect in time",
        "/dribbling, 504, could not connect in time",
        "/leaving, 502, TLS handshake failed",
    })
    void aTargetDoesNot(String path, int status, String reason) throws IOException {
        Scene scene = scenes.add(Script.OK);
        assertThat(get(path + "?" + scene.id(), scene).status()).isEqualTo(status);
        assertThat(scene.requests()).isEmpty();
        sluice.awaitLogLine(status + " GET " + path, reason);
    }

    @Test
    void aHandshakeThatTakesTooLongEndsWithItsConnection() throws Exception {
        assertThat(get("/dribbling", scenes.add(Script.OK)).status()).isEqualTo(504);
        assertThat(dribbleEnded.await(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
    }

    /** Nothing was sent to the first target, so the method does not matter. */
    @Test
    void afterATargetThatIsNotBelievedTheNextIsTried() throws IOException {
        for (int i = 0; i < 2; i++) { // each target is the first one once
            Scene scene = scenes.add(Script.OK);
            try (Wire client = Wire.connect(sluice.port())) {
                Reply reply = client.sendHead(
                                "POST /next HTTP/1.1", "Host: localhost", "Content-Length: 4", scene.field())
                        .send("body")
                        .readReply();
                assertThat(reply.status()).isEqualTo(200);
            }
            assertThat(scene.targets()).containsExactly("right");
            assertThat(scene.texts()).containsExactly("body");
        }
    }

    /** Also a name without a dot, which the JVM would not send. */
    @Test
    void theConfiguredNameIsAskedForAndAnAddressIsNot() throws IOException {
        get("/trusted", scenes.add(Script.OK));
        get("/trusted-address", scenes.add(Script.OK));
        assertThat(right.serverNames()).contains("localhost", "").containsOnly("localhost", "");
    }

    @Test
    void theHostIsTheNameAndTheSchemeIsTheClients() throws IOException {
        Scene scene = scenes.add(Script.OK);
        get("/trusted", scene);
        Head request = scene.request();
        assertThat(request.value("Host")).isEqualTo("localhost:" + right.port());
        assertThat(request.value("X-Forwarded-Proto")).isEqualTo("http");
    }

    @Test
    void aConnectionIsUsedAgain() throws IOException {
        Scene scene = scenes.add(exchange -> {
            exchange.readBody();
            exchange.answer("200 OK", Integer.toString(exchange.ordinal()));
        });
        int first = Integer.parseInt(get("/trusted", scene).text());
        assertThat(get("/trusted", scene).text()).isEqualTo(Integer.toString(first + 1));
    }

    @Test
    void longBodiesPassBothWays() throws IOException {
        Scene scene = scenes.add(exchange -> {
            Filling.Digest came = Filling.read(exchange.body());
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + LARGE, "Came: " + came);
            exchange.sendFilling(LARGE);
        });
        try (Wire client = Wire.connect(sluice.port())) {
            client.sendHead("PUT /trusted HTTP/1.1", "Host: localhost", "Content-Length: " + LARGE, scene.field());
            Filling.write(client.out(), LARGE);
            Head head = client.readHead();
            assertThat(head.value("Came")).isEqualTo(Filling.of(LARGE).toString());
            assertThat(Filling.read(client.responseBody(head))).isEqualTo(Filling.of(LARGE));
        }
    }

    /** Even if the reactor has no other reason to run: TLS would keep the data if nobody made it go on. */
    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 8", "Transfer-Encoding: chunked"})
    void whatComesOfABodyLaterIsSentWhenItComes(String framing) throws IOException {
        boolean isChunked = framing.endsWith("chunked");
        Signal half = new Signal();
        Scene scene = scenes.add(exchange -> {
            String came = new String(exchange.body().readNBytes(4), StandardCharsets.US_ASCII);
            half.give();
            exchange.answer("200 OK", came + new String(exchange.body().readAllBytes(), StandardCharsets.US_ASCII));
        });
        try (Wire client = Wire.connect(sluice.port())) {
            client.sendHead("POST /trusted HTTP/1.1", "Host: localhost", framing, scene.field());
            client.send(isChunked ? "4\r\nhalf\r\n" : "half");
            half.take();
            client.send(isChunked ? "4\r\nrest\r\n0\r\n\r\n" : "rest");
            assertThat(client.readReply().text()).isEqualTo("halfrest");
        }
    }

    /** The target sees a close, not a reset. */
    @Test
    void theEndAfterTheLastAnswerIsClean() throws IOException {
        CompletableFuture<Integer> end = new CompletableFuture<>();
        Scene scene = scenes.add(exchange -> {
            exchange.answer("200 OK", "bye", "Connection: close");
            try {
                end.complete(exchange.wire().in().read());
            } catch (IOException e) {
                end.completeExceptionally(e);
            }
        });
        assertThat(get("/trusted", scene).text()).isEqualTo("bye");
        assertThat(end).succeedsWithin(Wire.PATIENCE).isEqualTo(-1);
    }

    /** The target's connection is closed by a thread other than the reactor's, which must not read from it. */
    @Test
    void aClientMayLeaveWhileItsAnswerWaitsForIt() throws IOException {
        AtomicLong sent = new AtomicLong();
        CompletableFuture<Void> reset = new CompletableFuture<>();
        Scene scene = scenes.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + LARGE);
            try {
                while (sent.get() < LARGE) {
                    exchange.wire().out().write(new byte[PIECE]);
                    sent.addAndGet(PIECE);
                }
            } catch (IOException e) {
                reset.complete(null);
            }
        });
        try (Wire client = Wire.connect(sluice.port())) {
            client.sendHead("GET /trusted HTTP/1.1", "Host: localhost", scene.field());
            client.readHead();
            AtomicLong before = new AtomicLong();
            await().until(() ->
                    sent.get() > 0 && before.getAndSet(sent.get()) == sent.get()); // there is no room for more
            client.reset();
        }
        assertThat(reset).succeedsWithin(Wire.PATIENCE);
    }

    /** The thread that forwards the request's body notices it. */
    @Test
    void aClientMayLeaveInItsRequest() throws IOException {
        for (int i = 0; i < 10; i++) {
            CompletableFuture<Void> begun = new CompletableFuture<>();
            Scene scene = scenes.add(exchange -> {
                exchange.body().readNBytes(PIECE);
                begun.complete(null);
                exchange.readBody();
            });
            try (Wire client = Wire.connect(sluice.port())) {
                client.sendHead("PUT /trusted HTTP/1.1", "Host: localhost", "Content-Length: " + LARGE, scene.field());
                client.out().write(new byte[8 * PIECE]);
                assertThat(begun).succeedsWithin(Wire.PATIENCE);
                client.reset();
            }
        }
    }

    /** The connection ends within a response, without a TLS close. */
    @Test
    void anAnswerThatIsCutOffIsSeenToBe() throws IOException {
        Scene scene = scenes.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: 100000");
            exchange.sendFilling(50_000);
            exchange.reset();
        });
        Reply reply = get("/trusted", scene);
        assertThat(reply.whole()).isFalse();
    }

    /**
     * What the target sends right after its 101 comes in separate records, before the tunnel exists. The last bytes
     * that the client sends arrive too.
     */
    @Test
    void aTunnelPassesFromItsFirstByteToItsLast() throws IOException {
        Scene scene = scenes.add(exchange -> {
            TunnelsContract.agree(exchange);
            exchange.send("early");
            exchange.send("bird");
            InputStream in = exchange.wire().in();
            for (int i = 0; i < 10; i++) {
                exchange.wire().out().write(in.readNBytes(8));
            }
            exchange.sendFilling(LARGE);
            Filling.Digest came = Filling.read(in);
            farewell.complete(came);
        });
        try (Wire client = Wire.connect(sluice.port())) {
            client.sendHead(
                    "GET /trusted HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: echo", scene.field());
            assertThat(client.readHead().status()).isEqualTo(101);
            assertThat(client.read(9)).isEqualTo("earlybird");
            for (int i = 0; i < 10; i++) {
                assertThat(client.send("message" + i).read(8)).isEqualTo("message" + i);
            }
            assertThat(Filling.read(new ByteArrayInputStream(client.in().readNBytes((int) LARGE))))
                    .isEqualTo(Filling.of(LARGE));
            Filling.write(client.out(), LARGE);
        }
        assertThat(farewell).succeedsWithin(Wire.PATIENCE).isEqualTo(Filling.of(LARGE));
    }

    /**
     * The connection ends without a TLS close, right after the target's 101. Once, that closed the tunnel before the
     * data already received had been passed on.
     */
    @Test
    void aTunnelPassesWhatCameBeforeAnEndThatTlsDidNotAnnounce() throws IOException {
        for (int i = 0; i < 20; i++) {
            try (Wire client = Wire.connect(sluice.port())) {
                client.sendHead("GET /cut HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: echo");
                assertThat(client.readHead().status()).isEqualTo(101);
                assertThat(client.in().readAllBytes()).hasSize(10_000);
            }
        }
    }

    /** Agrees to any upgrade, sends some data, and ends its connection without a TLS close. */
    private static void cut(ServerSocket server, SSLContext tls) {
        while (!server.isClosed()) {
            try (Socket below = server.accept();
                    SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(below, null, true)) {
                socket.getInputStream().read(new byte[8192]);
                OutputStream out = socket.getOutputStream();
                out.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
                        .getBytes(StandardCharsets.ISO_8859_1));
                out.write(new byte[5_000]);
                out.write(new byte[5_000]);
                below.shutdownOutput();
                below.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // closed, or the other side was
            }
        }
    }

    /** Ends its connection before the handshake. */
    private static void leave(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                socket.getInputStream().read(new byte[8192]);
                socket.shutdownOutput();
                socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // closed, or the other side was
            }
        }
    }

    /** Is never silent for as long as the time-out, but sends a byte of its first message at a time. */
    private void dribble(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                OutputStream out = socket.getOutputStream();
                out.write(new byte[] {22, 3, 3, 64, 0}); // the head of a record of 16 KiB
                while (true) {
                    out.write(2);
                    Wire.pause(Duration.ofMillis(100));
                }
            } catch (IOException e) {
                dribbleEnded.countDown();
            }
        }
    }

    /**
     * TLS used to leave it unread, if it did not come in one piece with the response's end: then it became the response
     * to the next request.
     */
    @Test
    void whatComesAfterAnAnswerIsNobodys() throws IOException {
        for (int i = 0; i < 3; i++) {
            try (Wire client = Wire.connect(sluice.port())) {
                client.sendHead("GET /overflowing/first HTTP/1.1", "Host: localhost");
                client.sendHead("GET /overflowing/second HTTP/1.1", "Host: localhost");
                assertThat(client.readReply().body()).hasSize(10_000);
                assertThat(client.readReply().text()).isEqualTo("own");
            }
        }
    }

    /** Sends another response right behind that to the first request. Ends with its client. */
    private static void overflow(ServerSocket server, SSLContext tls) {
        while (!server.isClosed()) {
            try (GatheringSocket below = (GatheringSocket) server.accept();
                    SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(below, null, true)) {
                byte[] request = new byte[8192];
                for (int length; (length = socket.getInputStream().read(request)) > 0; ) {
                    OutputStream out = socket.getOutputStream();
                    if (new String(request, 0, length, StandardCharsets.ISO_8859_1).contains("/first")) {
                        below.gather();
                        out.write(response("1".repeat(10_000)));
                        out.write(response("x".repeat(12_000)));
                        below.send();
                    } else {
                        out.write(response("own"));
                    }
                }
            } catch (IOException e) {
                // closed, or the other side was
            }
        }
    }

    private static byte[] response(String body) {
        return ("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static final class GatheringServer extends ServerSocket {

        GatheringServer() throws IOException {
            super(0, 50, InetAddress.getLoopbackAddress());
        }

        @Override
        public Socket accept() throws IOException {
            GatheringSocket socket = new GatheringSocket();
            implAccept(socket);
            return socket;
        }
    }

    /** Can send several records of TLS at once. */
    private static final class GatheringSocket extends Socket {

        private OutputStream out;
        private boolean gathers;

        @Override
        public OutputStream getOutputStream() throws IOException {
            if (out == null) {
                out = new BufferedOutputStream(super.getOutputStream(), 64 * 1024) {
                    @Override
                    public synchronized void flush() throws IOException {
                        if (!gathers) {
                            super.flush();
                        }
                    }
                };
            }
            return out;
        }

        void gather() {
            gathers = true;
        }

        void send() throws IOException {
            gathers = false;
            out.flush();
        }
    }

    @Test
    void checksAreOverTlsToo() {
        await().until(() -> !checked.serverNames().isEmpty());
        sluice.awaitLogLine("INFO", "checked", "HEALTHY");
    }

    @Test
    void whatIsNotVerifiedIsSaidAtTheStart() {
        sluice.awaitLogLine("WARN", "TLS_INSECURE_SKIP_VERIFY", "insecure");
    }
}
