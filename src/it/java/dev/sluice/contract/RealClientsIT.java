package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.TargetExchange;
import dev.sluice.contract.wire.WebSocketScript;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that people really use, rather than bytes made up by the tests. */
@Timeout(120)
class RealClientsIT {

    private static final String PAGE = """
            <!doctype html>
            <title>page</title>
            <script>
            const said = [];
            function say(word) {
                said.push(word);
                if (said.length === 4) {
                    fetch('/browser/said', {method: 'POST', body: said.sort().join(' ')});
                }
            }
            const events = new EventSource('/browser/events');
            events.onmessage = event => { say(event.data); if (event.data === 'event2') events.close(); };
            const socket = new WebSocket('ws://' + location.host + '/browser/socket');
            socket.onopen = () => socket.send('socket1');
            socket.onmessage = event => {
                say(event.data);
                if (event.data === 'socket1') socket.send('socket2'); else socket.close();
            };
            </script>
            """;

    private static final Scenes SCENES = new Scenes(RealClientsIT::serve);
    private static final Scene BROWSER = SCENES.everyday();

    private static ScriptedTarget target;
    private static HostProcess host;

    @BeforeAll
    static void start() throws IOException {
        target = ScriptedTarget.of("target", SCENES);
        Settings settings = new Settings();
        settings.groupAtItsName("browser", target.address());
        host = new LauncherHost().start(settings.variables()).awaitReady("/browser/page");
    }

    @AfterAll
    static void stop() throws IOException {
        host.close();
        target.close();
    }

    private static void serve(TargetExchange exchange) throws IOException {
        switch (exchange.head().requestTarget()) {
            case "/browser/page" -> exchange.answer("200 OK", PAGE, "Content-Type: text/html");
            case "/browser/events" -> {
                exchange.sendHead("HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
                exchange.sendChunk("data: event1\n\n");
                exchange.sendChunk("data: event2\n\n");
                exchange.awaitEnd(); // the page closes it
            }
            case "/browser/socket" -> new WebSocketScript().play(exchange);
            case "/browser/said" -> Script.OK.play(exchange);
            default -> exchange.answer("404 Not Found", "");
        }
    }

    /** .ci/run installs the browser. */
    @Test
    void aBrowserHasItsPageItsEventsAndItsSocket(@TempDir Path profile) throws Exception {
        try (Browser browser = Browser.start(profile, "http://127.0.0.1:" + host.port() + "/browser/page")) {
            await().atMost(Wire.PATIENCE.multipliedBy(2))
                    .until(() -> BROWSER.texts().contains("event1 event2 socket1 socket2"));
            assertThat(browser.evaluate("document.title")).isEqualTo("page");
        }
    }

    @Test
    void aWebSocketOfTheJdkTalksThroughATunnel() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        CompletableFuture<Integer> closed = new CompletableFuture<>();
        WebSocket socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create("ws://127.0.0.1:" + host.port() + "/browser/socket"), new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                        heard.add(data.toString());
                        socket.request(1);
                        return null;
                    }

                    @Override
                    public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
                        heard.add("pong");
                        socket.request(1);
                        return null;
                    }

                    @Override
                    public CompletionStage<?> onClose(WebSocket socket, int statusCode, String reason) {
                        closed.complete(statusCode);
                        return null;
                    }
                })
                .get(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        String longer = "x".repeat(10_000);
        for (String text : List.of("hello", longer, "again")) {
            socket.sendText(text, true).get(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            StringBuilder echo = new StringBuilder();
            while (echo.length() < text.length()) {
                echo.append(heard.poll(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS));
            }
            assertThat(echo.toString()).isEqualTo(text);
        }
        socket.sendPing(ByteBuffer.wrap(new byte[] {1})).get(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(heard.poll(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo("pong");
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "done").get(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(closed.get(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(WebSocket.NORMAL_CLOSURE);
    }

    @Test
    void anHttpClientOfTheJdkIsAnswered() throws Exception {
        HttpClient client = HttpClient.newHttpClient(); // offers Upgrade: h2c with its first request
        URI page = URI.create("http://127.0.0.1:" + host.port() + "/browser/page");
        for (int i = 0; i < 3; i++) {
            HttpResponse<String> reply = client.send(
                    HttpRequest.newBuilder(page).timeout(Wire.PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.body()).isEqualTo(PAGE);
        }
        assertThat(BROWSER.requests())
                .allSatisfy(request -> assertThat(request.values("Upgrade")).doesNotContain("h2c"));
    }
}
