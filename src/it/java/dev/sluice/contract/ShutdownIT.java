package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.host.Host;
import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.host.TomcatHost;
import dev.sluice.contract.wire.Certificates;
import dev.sluice.contract.wire.FreePort;
import dev.sluice.contract.wire.Http2Client;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.TargetExchange;
import dev.sluice.contract.wire.WaitingScript;
import dev.sluice.contract.wire.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of requests when the host is told to stop. */
@Timeout(120)
final class ShutdownIT {

    private static final int CLIENTS = 16;
    private static final Path TLS = Path.of("src", "test", "resources", "dev", "sluice", "launcher", "tls")
            .toAbsolutePath();

    private final Scenes scenes = new Scenes();

    private static HostProcess start(Host host, ScriptedTarget target, String... more) throws IOException {
        return host.start(variables(target, more)).awaitReady("/-/sluice/ready");
    }

    private static Map<String, String> variables(ScriptedTarget target, String... more) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("TARGET_GROUP_1_NAME", "web");
        variables.put("TARGET_GROUP_1_TARGETS", target.address());
        variables.put("LISTENER_RULE_1_PATH_PREFIX", "/");
        variables.put("LISTENER_RULE_1_TARGET_GROUP", "web");
        variables.put("CONNECTION_TIMEOUT", "60000");
        variables.put("ADMIN_PATH", "/-/sluice");
        for (int i = 0; i < more.length; i += 2) {
            variables.put(more[i], more[i + 1]);
        }
        return variables;
    }

    /**
     * Once, a process whose port with TLS did not serve yet when it was told to stop ended at once, with what was in
     * flight on the other port.
     */
    @Test
    void itMayBeToldAsSoonAsItServes() throws Exception {
        try (ScriptedTarget target = ScriptedTarget.of("web", scenes);
                HostProcess sluice = new LauncherHost().start(variables(target, withTls(FreePort.any())));
                Wire client = connectEarly(sluice.port())) {
            Reply live = client.sendHead("GET /-/sluice/live HTTP/1.1", "Host: localhost")
                    .readReply();
            sluice.terminate();
            assertThat(live.status()).isEqualTo(200);
            assertThat(sluice.awaitExit()).isEqualTo(143);
            assertThat(sluice.log()).anyMatch(line -> line.contains("Stopped: nothing was cut off"));
        }
    }

    /** Connects once the port is bound, which is before it serves. */
    private static Wire connectEarly(int port) {
        return await().atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(5))
                .ignoreException(ConnectException.class)
                .until(() -> Wire.connect(port), wire -> true);
    }

    /** Listens with TLS, too, and has patience. */
    private static String[] withTls(int port) {
        return new String[] {
            "SHUTDOWN_TIMEOUT_SECONDS",
            "60",
            "LISTENER_TLS_PORT",
            Integer.toString(port),
            "LISTENER_TLS_CERTIFICATE_FILE",
            TLS.resolve("rsa.pem").toString(),
            "LISTENER_TLS_KEY_FILE",
            TLS.resolve("rsa.key").toString()
        };
    }

    private static Reply get(HostProcess sluice, String path) throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            return client.sendHead("GET " + path + " HTTP/1.1", "Host: localhost", "Connection: close")
                    .readReply();
        }
    }

    private static boolean isRefused(Load.Failure failure) {
        return failure.what().contains("Connection refused");
    }

    /**
     * The system resets connections that arrive between the last accept and the closing of the port. This takes 30 to
     * 70 microseconds, and longer if the process has to wait for a CPU just then. It hits at most one request of each
     * client.
     */
    private static boolean isOfTheMomentOfClosing(Load.Failure failure, long firstRefused) {
        return failure.what().contains("Connection reset") && Math.abs(number(failure) - firstRefused) < CLIENTS;
    }

    private static long number(Load.Failure failure) {
        return Long.parseLong(failure.request().path().substring(1));
    }

    @Test
    void underLoadNothingIsLostBeforeConnectionsAreRefused() throws Exception {
        WaitingScript waiting = new WaitingScript();
        Scene slow = scenes.add(waiting);
        try (ScriptedTarget target = ScriptedTarget.of("web", scenes);
                HostProcess sluice = start(new LauncherHost(), target, "SHUTDOWN_DELAY_SECONDS", "2");
                Wire client = Wire.connect(sluice.port());
                Load load = Load.start(sluice.port(), CLIENTS, 2_000, number -> Load.Request.get("/" + number))) {
            client.sendHead("GET /slow HTTP/1.1", "Host: localhost", slow.field());
            waiting.awaitRequest();
            load.awaitResponses(100);
            sluice.terminate();
            sluice.awaitLogLine("Draining: not ready any more");
            Reply ready = get(sluice, "/-/sluice/ready");
            assertThat(ready.status()).isEqualTo(503);
            assertThat(ready.text()).isEqualTo("draining: Sluice is shutting down\n");
            sluice.awaitNoListener();
            await().until(() -> load.failures("GET").stream().anyMatch(ShutdownIT::isRefused));
            load.end();
            waiting.answer();
            Reply reply = client.readReply();
            assertThat(reply.text()).isEqualTo(WaitingScript.TEXT);
            assertThat(sluice.awaitExit()).isEqualTo(143);

            System.out.println("SIGTERM: " + load);
            List<Load.Failure> failures = load.failures("GET");
            long firstRefused = failures.stream()
                    .filter(ShutdownIT::isRefused)
                    .mapToLong(ShutdownIT::number)
                    .min()
                    .orElseThrow();
            assertThat(failures)
                    .allMatch(failure -> isRefused(failure) || isOfTheMomentOfClosing(failure, firstRefused));
            assertThat(sluice.log())
                    .anyMatch(line -> line.contains("Draining: not ready any more, taking requests for another 2 s"))
                    .anyMatch(line -> line.contains("Draining: taking no more connections, "))
                    .anyMatch(line -> line.contains("Stopped: nothing was cut off"));
        }
    }

    @Test
    void whatDoesNotFinishInTimeIsCutOffAndCounted() throws Exception {
        WaitingScript waiting = new WaitingScript();
        Scene never = scenes.add(waiting);
        Signal half = new Signal();
        Scene upload = scenes.add(exchange -> {
            exchange.body().readNBytes(4);
            half.give();
            exchange.awaitEnd();
        });
        try (ScriptedTarget target = ScriptedTarget.of("web", scenes);
                HostProcess sluice = start(new LauncherHost(), target, "SHUTDOWN_TIMEOUT_SECONDS", "1");
                Wire one = Wire.connect(sluice.port());
                Wire other = Wire.connect(sluice.port());
                Wire sending = Wire.connect(sluice.port())) {
            one.sendHead("GET /never HTTP/1.1", "Host: localhost", never.field());
            other.sendHead("GET /never HTTP/1.1", "Host: localhost", never.field());
            sending.sendHead("POST /upload HTTP/1.1", "Host: localhost", "Content-Length: 8", upload.field())
                    .send("half");
            waiting.awaitRequest();
            waiting.awaitRequest();
            half.take();
            sluice.terminate();
            assertThat(one.readReply().status()).isEqualTo(503);
            assertThat(other.readReply().status()).isEqualTo(503);
            assertThat(sending.readHead().status())
                    .as("what is not its client's doing")
                    .isEqualTo(503);
            assertThat(sluice.awaitExit()).isEqualTo(143);
            assertThat(sluice.log())
                    .anyMatch(line -> line.contains("taking no more connections, 3 in flight may finish within 1 s"))
                    .anyMatch(line -> line.contains("Stopped: 3 in flight were cut off"));
        }
    }

    /**
     * Once, each of them was cut off after a second, like a connection between two requests, and the log did not
     * mention it.
     */
    @Test
    void whatIsInFlightMayBeSilentForAsLongAsItMayTake() throws Exception {
        long length = 16 << 20;
        Scene takes = scenes.add(exchange -> {
            exchange.readBody();
            exchange.answer("200 OK", "taken");
        });
        Scene large = scenes.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: " + length);
            exchange.sendFilling(length);
        });
        Scene echo = scenes.add(TunnelsContract.ECHO);
        try (ScriptedTarget target = ScriptedTarget.of("web", scenes);
                HostProcess sluice = start(new LauncherHost(), target, "SHUTDOWN_TIMEOUT_SECONDS", "60");
                Wire upload = Wire.connect(sluice.port());
                Wire reader = Wire.connect(sluice.port());
                Wire tunnel = Wire.connect(sluice.port());
                Wire idle = Wire.connect(sluice.port())) {
            upload.sendHead("POST /takes HTTP/1.1", "Host: localhost", takes.field(), "Content-Length: 8")
                    .send("half");
            reader.sendHead("GET /large HTTP/1.1", "Host: localhost", large.field());
            tunnel.sendHead(
                    "GET /echo HTTP/1.1", "Host: localhost", echo.field(), "Connection: Upgrade", "Upgrade: echo");
            assertThat(tunnel.readHead().status()).isEqualTo(101);
            idle.sendHead("GET /-/sluice/live HTTP/1.1", "Host: localhost"); // which is never in flight
            assertThat(idle.readReply().status()).isEqualTo(200);
            sluice.terminate();
            idle.awaitEnd(); // so the others have been silent for at least as long

            assertThat(tunnel.send("x").read(1)).isEqualTo("x");
            tunnel.endOutput().awaitEnd();
            assertThat(upload.send("half").readReply().text()).isEqualTo("taken");
            Reply whole = reader.readReply();
            assertThat(whole.whole()).isTrue();
            assertThat(whole.text()).hasSize((int) length);
            assertThat(sluice.awaitExit()).isEqualTo(143);
            assertThat(sluice.log())
                    .anyMatch(line -> line.contains("taking no more connections, 3 in flight may finish within 60 s"))
                    .anyMatch(line -> line.contains("Stopped: nothing was cut off"));
        }
    }

    /**
     * Once, everything in flight on an HTTP/2 connection was cut off with it, even what was only waiting for its
     * target.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void soMayWhatIsInFlightOverHttp2(boolean tls) throws Exception {
        WaitingScript waiting = new WaitingScript();
        Scene waits = scenes.add(waiting);
        Scene takes = scenes.add(exchange -> {
            exchange.readBody();
            exchange.answer("200 OK", "taken");
        });
        Scene brief = scenes.add(exchange -> exchange.answer("200 OK", "brief"));
        int tlsPort = FreePort.any();
        try (ScriptedTarget target = ScriptedTarget.of("web", scenes);
                HostProcess sluice = start(new LauncherHost(), target, withTls(tlsPort));
                Http2Client upload = http2(tls, sluice.port(), tlsPort);
                Http2Client other = http2(tls, sluice.port(), tlsPort);
                Http2Client idle = http2(tls, sluice.port(), tlsPort)) {
            upload.sendHead("POST", "/takes", takes.field(), "Content-Length: 8")
                    .send("half");
            await().until(() -> takes.inProgress() == 1);
            other.sendHead("POST", "/waits", waits.field()).end("");
            waiting.awaitRequest();
            idle.sendHead("POST", "/brief", brief.field()).end("");
            assertThat(idle.readResponse()).contains(":status: 200");
            sluice.terminate();
            idle.awaitEnd(); // after a second
            waiting.answer();
            assertThat(other.readResponse()).contains(":status: 200");
            other.awaitEnd(); // after another second

            assertThat(upload.end("half").readResponse()).contains(":status: 200", "content-length: 5");
            assertThat(takes.texts()).containsExactly("halfhalf");
            assertThat(sluice.awaitExit()).isEqualTo(143);
            assertThat(sluice.log()).anyMatch(line -> line.contains("Stopped: nothing was cut off"));
        }
    }

    private static Http2Client http2(boolean tls, int port, int tlsPort) throws Exception {
        return tls
                ? Http2Client.connect(tlsPort, Certificates.trusting(TLS.resolve("ca.pem")))
                : Http2Client.connect(port);
    }

    /**
     * Once, somebody who had told it to stop and saw it still running could only kill it, and so lost what it logs at
     * its end. Later, a signal that was delivered twice for the same stop cut everything off, so a repeated signal only
     * counts after a second.
     */
    @ParameterizedTest
    @CsvSource({"SHUTDOWN_DELAY_SECONDS, not ready any more", "SHUTDOWN_TIMEOUT_SECONDS, taking no more connections"})
    void whoeverTellsItAgainWaitsForNothing(String patience, String waits) throws Exception {
        WaitingScript waiting = new WaitingScript();
        Scene never = scenes.add(waiting);
        try (ScriptedTarget target = ScriptedTarget.of("web", scenes);
                HostProcess sluice = start(new LauncherHost(), target, patience, "600");
                Wire client = Wire.connect(sluice.port())) {
            client.sendHead("GET /never HTTP/1.1", "Host: localhost", never.field());
            waiting.awaitRequest();
            long told = System.nanoTime();
            sluice.terminate();
            sluice.awaitLogLine(waits);
            await().pollInterval(Duration.ofMillis(20)).until(() -> {
                sluice.terminate();
                return sluice.log().stream().anyMatch(line -> line.contains("Told again"));
            });
            assertThat(System.nanoTime() - told)
                    .isGreaterThan(Duration.ofSeconds(1).toNanos());
            assertThat(client.readReply().status()).isEqualTo(503);
            assertThat(sluice.awaitExit()).isEqualTo(143);
            assertThat(sluice.log()).anyMatch(line -> line.contains("Stopped: 1 in flight were cut off"));
        }
    }

    /**
     * Tomcat's own patience is two seconds. Once, it then ended what was in flight within another second, whatever
     * SHUTDOWN_TIMEOUT_SECONDS said.
     */
    @Test
    void aContainerWaitsForWhatIsInFlightToo() throws Exception {
        WaitingScript waiting = new WaitingScript();
        WaitingScript never = new WaitingScript();
        Scene slow = scenes.add(waiting);
        try (ScriptedTarget target = ScriptedTarget.of("web", scenes);
                HostProcess sluice = start(TomcatHost.tomcat11(), target, "SHUTDOWN_TIMEOUT_SECONDS", "3");
                Wire client = Wire.connect(sluice.port());
                Wire other = Wire.connect(sluice.port())) {
            client.sendHead("GET /slow HTTP/1.1", "Host: localhost", slow.field());
            other.sendHead(
                    "GET /never HTTP/1.1", "Host: localhost", scenes.add(never).field());
            waiting.awaitRequest();
            never.awaitRequest();
            sluice.terminate();
            sluice.awaitLogLine("Stopping: 2 in flight may finish within 3 s");
            waiting.answer();
            assertThat(client.readReply().text()).isEqualTo(WaitingScript.TEXT);
            assertThat(other.readReply().status()).isEqualTo(503);
            sluice.awaitExit();
            assertThat(sluice.log())
                    .anyMatch(line -> line.contains("Stopped: 1 of 2 that were in flight were cut off"));
        }
    }

    /** Once, a client whose response had begun was not told: it waited for as long as it liked. */
    @ParameterizedTest
    @MethodSource("tomcats")
    void aContainerThatGoesOnBreaksOffWhatIsInFlight(Host tomcat) throws Exception {
        Scene chunked = scenes.add(exchange -> begin(exchange, "Transfer-Encoding: chunked"));
        Scene declared = scenes.add(exchange -> begin(exchange, "Content-Length: 100000"));
        try (ScriptedTarget target = ScriptedTarget.of("web", scenes);
                HostProcess sluice = start(tomcat, target, "SHUTDOWN_TIMEOUT_SECONDS", "1");
                Wire one = Wire.connect(sluice.port());
                Wire other = Wire.connect(sluice.port());
                Http2Client http2 = Http2Client.connect(sluice.port())) {
            one.sendHead("GET /chunked HTTP/1.1", "Host: localhost", chunked.field());
            InputStream ofOne = one.responseBody(one.readHead());
            other.sendHead("GET /declared HTTP/1.1", "Host: localhost", declared.field());
            InputStream ofOther = other.responseBody(other.readHead());
            http2.sendWithoutBody("GET", "/http2", chunked.field()).awaitBody();
            sluice.delete(TomcatHost.WAR);

            assertThatThrownBy(ofOne::readAllBytes).isInstanceOfAny(EOFException.class, SocketException.class);
            assertThatThrownBy(ofOther::readAllBytes).isInstanceOfAny(EOFException.class, SocketException.class);
            assertThatThrownBy(http2::readResponse).hasMessageContaining("The stream was reset");
            sluice.awaitLogLine("Stopped: 3 of 3 that were in flight were cut off");
            assertThat(sluice.isAlive()).isTrue();
            assertThat(sluice.log()).noneMatch(line -> line.contains(" SEVERE "));
        }
    }

    /**
     * Once, Tomcat forgot those to which it could not send 100 Continue, and they were in flight for ever; those that are
     * refused, too.
     */
    @ParameterizedTest
    @MethodSource("tomcats")
    void whoeverLeavesBefore100ContinueIsNotInFlight(Host tomcat) throws Exception {
        Scene scene = scenes.add(exchange -> exchange.answer("200 OK", "early"));
        try (ScriptedTarget target = ScriptedTarget.of("web", scenes);
                HostProcess sluice = start(tomcat, target, "SHUTDOWN_TIMEOUT_SECONDS", "5")) {
            for (int i = 0; i < 200; i++) {
                Wire client = Wire.connect(sluice.port());
                client.sendHead(
                        (i % 2 == 0 ? "PUT /upload" : "PUT /..%2fupload") + " HTTP/1.1",
                        "Host: localhost",
                        scene.field(),
                        "Expect: 100-continue",
                        "Content-Length: 100");
                client.reset();
            }
            assertThat(get(sluice, "/-/sluice/live").status()).isEqualTo(200);
            sluice.terminate();
            sluice.awaitExit();
            assertThat(sluice.log()).noneMatch(line -> line.contains("were cut off"));
        }
    }

    private static Stream<Host> tomcats() {
        return Stream.of(
                TomcatHost.tomcat10().withHttp2(), TomcatHost.tomcat11().withHttp2());
    }

    /** Sends a part of a response, and no more. */
    private static void begin(TargetExchange exchange, String framing) throws IOException {
        exchange.sendHead("HTTP/1.1 200 OK", framing);
        exchange.sendChunk("x".repeat(20_000));
        exchange.awaitEnd();
    }
}
