package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.JettyHost;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Http2Client;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Idle time-outs of streams and of tunnels. Each has its own variable, and each may be longer than the time for which a
 * target may be silent.
 */
@Timeout(60)
class IdleTimeoutsIT {

    private static final Duration CONNECTION_TIMEOUT = Duration.ofMillis(500);
    private static final Duration PAUSE = CONNECTION_TIMEOUT.multipliedBy(2);
    private static final Scenes SCENES = new Scenes();

    private static ScriptedTarget target;
    private static HostProcess host;

    @BeforeAll
    static void start() throws IOException {
        target = ScriptedTarget.of("target", SCENES);
        Settings settings = new Settings();
        settings.set("CONNECTION_TIMEOUT", Long.toString(CONNECTION_TIMEOUT.toMillis()));
        settings.set("STREAM_IDLE_TIMEOUT_SECONDS", "2");
        settings.set("TUNNEL_IDLE_TIMEOUT_SECONDS", "2");
        settings.groupAtItsName("all", target.address());
        host = new LauncherHost().start(settings.variables()).awaitReady("/all");
    }

    @AfterAll
    static void stop() throws IOException {
        host.close();
        target.close();
    }

    @Test
    void aStreamMayPauseForLongerThanATargetMayBeSilent() throws IOException {
        Scene scene = SCENES.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
            for (int i = 0; i < 3; i++) {
                exchange.sendChunk("event");
                Wire.pause(PAUSE);
            }
            exchange.sendLastChunk();
        });
        Reply reply = get(scene);
        assertThat(reply.whole()).isTrue();
        assertThat(reply.text()).isEqualTo("eventeventevent");
    }

    @Test
    void aStreamThatPausesForTooLongIsBrokenOff() throws IOException {
        Scene scene = SCENES.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("event");
            exchange.awaitEnd();
        });
        Reply reply = get(scene);
        assertThat(reply.text()).isEqualTo("event");
        assertThat(reply.whole()).isFalse();
        await().atMost(Wire.PATIENCE).until(() -> scene.ended() == 1);
    }

    /** As a gRPC call may, over which only one side speaks from time to time. */
    @Test
    void overHttp2AStreamMayPauseInBothDirectionsForLongerThanItsHostAllows() throws IOException {
        Settings settings = new Settings();
        settings.set("STREAM_IDLE_TIMEOUT_SECONDS", "30");
        settings.set("JDK_JAVA_OPTIONS", "-Djetty.http.idleTimeout=" + PAUSE.toMillis());
        settings.groupAtItsName("all", target.address());
        Scene scene = SCENES.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendChunk("event");
            exchange.readBody();
            exchange.sendLastChunk();
        });
        try (HostProcess jetty = JettyHost.ee10().start(settings.variables()).awaitReady("/all");
                Http2Client client = Http2Client.connect(jetty.port())) {
            client.sendHead("POST", "/all", scene.field()).awaitBody();
            Wire.pause(PAUSE.multipliedBy(4));
            client.end("done");
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(scene.bodies()).hasSize(1));
            assertThat(scene.bodies().get(0)).asString().isEqualTo("done");
        }
    }

    /** The next request on the same connection has the usual time-out again. */
    @Test
    void afterAStreamATargetMayBeSilentForAsLongAsEver() throws IOException {
        Scene stream = SCENES.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            exchange.sendLastChunk();
        });
        assertThat(get(stream).status()).isEqualTo(200);
        Scene silent = SCENES.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: 10");
            exchange.send("begun");
            exchange.awaitEnd();
        });
        assertThat(get(silent).status()).isEqualTo(504);
    }

    @Test
    void aTunnelMayPauseForLongerThanATargetMayBeSilent() throws IOException {
        Scene scene = SCENES.add(TunnelsContract.ECHO);
        try (Wire client = tunnel(scene)) {
            for (int i = 0; i < 3; i++) {
                Wire.pause(PAUSE);
                assertThat(client.send("x").read(1)).isEqualTo("x");
            }
        }
    }

    @Test
    void bytesInOneDirectionKeepATunnel() throws IOException {
        Scene scene = SCENES.add(exchange -> {
            TunnelsContract.agree(exchange);
            assertThat(exchange.wire().read(4)).isEqualTo("xxxx");
            exchange.send("done");
        });
        try (Wire client = tunnel(scene)) {
            for (int i = 0; i < 4; i++) {
                Wire.pause(PAUSE);
                client.send("x");
            }
            assertThat(client.read(4)).isEqualTo("done");
        }
    }

    @Test
    void aTunnelThroughWhichNothingPassesEnds() throws IOException {
        Scene scene = SCENES.add(exchange -> {
            TunnelsContract.agree(exchange);
            exchange.awaitEnd();
        });
        try (Wire client = tunnel(scene)) {
            client.awaitEnd();
        }
        await().atMost(Wire.PATIENCE).until(() -> scene.ended() == 1);
    }

    /** The client has half-closed, and the target stays open: nobody else would ever close the tunnel. */
    @Test
    void aHalfClosedTunnelEndsWhenTheOtherSideIsSilent() throws IOException {
        Scene scene = SCENES.add(exchange -> {
            TunnelsContract.agree(exchange);
            exchange.wire().in().readAllBytes();
            exchange.awaitEnd();
            Wire.pause(PAUSE);
            exchange.send("too late");
        });
        try (Wire client = tunnel(scene)) {
            client.endOutput().awaitEnd();
        }
    }

    private static Reply get(Scene scene) throws IOException {
        try (Wire client = Wire.connect(host.port())) {
            return client.sendHead("GET /all HTTP/1.1", "Host: a", scene.field())
                    .readReply();
        }
    }

    private static Wire tunnel(Scene scene) throws IOException {
        Wire client = Wire.connect(host.port());
        Head head = client.sendHead(
                        "GET /all HTTP/1.1", "Host: a", scene.field(), "Connection: Upgrade", "Upgrade: echo")
                .readHead();
        assertThat(head.status()).isEqualTo(101);
        return client;
    }
}
