package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.FreePort;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.WaitingScript;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands of {@code java -jar sluice.war}, what they print and how they end. */
@Timeout(120)
final class CommandLineIT {

    private static final Pattern PORT = Pattern.compile("\"port\":(\\d+)");

    private static HostProcess run(Map<String, String> variables, String... arguments) throws IOException {
        return new LauncherHost(arguments).start(variables);
    }

    private static Map<String, String> everythingTo(String target) {
        return Map.of(
                "TARGET_GROUP_1_NAME", "web",
                "TARGET_GROUP_1_TARGETS", target,
                "LISTENER_RULE_1_PATH_PREFIX", "/",
                "LISTENER_RULE_1_TARGET_GROUP", "web");
    }

    @Test
    void theDemoWalksItsThreeTargetsInOrderTwice() throws IOException {
        try (HostProcess demo = run(Map.of(), "demo").awaitReady("/test/second")) {
            List<String> ports = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                try (Wire client = Wire.connect(demo.port())) {
                    Reply reply = client.sendHead("GET /test HTTP/1.1", "Host: localhost")
                            .readReply();
                    Matcher port = PORT.matcher(reply.text());
                    assertThat(port.find()).as(reply.text()).isTrue();
                    ports.add(port.group(1));
                }
            }
            assertThat(ports.subList(0, 3)).doesNotHaveDuplicates();
            assertThat(ports.subList(3, 6)).isEqualTo(ports.subList(0, 3));
            assertThat(demo.log()).anyMatch(line -> line.contains("curl localhost:" + demo.port() + "/test"));
            assertThat(demo.log())
                    .anyMatch(line -> line.endsWith("http://localhost:" + demo.port() + "/-/sluice/status"));
            assertThat(status(demo.port(), "GET /-/sluice/status")).isEqualTo(200);
        }
    }

    /** Like a person who follows the demo's instructions. */
    @Test
    void theDemosTargetsCanBeStoppedAndStartedAgain() throws IOException {
        try (HostProcess demo = run(Map.of(), "demo").awaitReady("/test/second")) {
            String invitation = String.join("\n", demo.log());
            Matcher ports = Pattern.compile("localhost:(\\d+)/-/stop .* at (\\d+) and (\\d+)")
                    .matcher(invitation);
            assertThat(ports.find()).as(invitation).isTrue();
            for (int target = 1; target <= 3; target++) {
                assertThat(status(Integer.parseInt(ports.group(target)), "POST /-/stop"))
                        .isEqualTo(200);
            }
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> assertThat(status(demo.port(), "GET /test")).isEqualTo(503));
            try (HostProcess again = run(Map.of(), "mock-target", ports.group(1))) {
                await().atMost(Duration.ofSeconds(30))
                        .untilAsserted(() ->
                                assertThat(status(demo.port(), "GET /test")).isEqualTo(200));
                assertThat(again.log()).isNotEmpty();
            }
        }
    }

    /**
     * At its end the process deletes its files, some of which it may be about to load.
     *
     * @param files how many files it has open when it is told to end; it opens more as it starts
     */
    @ParameterizedTest
    @ValueSource(ints = {4, 7, 9, 12, 20, 28, 32})
    void whoeverEndsItWhileItBeginsHearsNothingOfThat(int files) throws Exception {
        try (HostProcess sluice = run(everythingTo("127.0.0.1:9"))) {
            assumeTrue(sluice.openFiles() >= 0, "this system does not tell");
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> sluice.openFiles() >= files);
            sluice.terminate();
            assertThat(sluice.awaitExit()).isEqualTo(128 + 15);
            assertThat(sluice.log()).noneMatch(line -> line.contains("Exception") || line.startsWith("\tat "));
        }
    }

    /** One that is killed leaves nothing there; and what had not been loaded by then was missing once from then on. */
    @Test
    void itLeavesNothingInItsTemporaryDirectoryOnceItHasStarted(@TempDir Path directory) throws Exception {
        Path temporary = Files.createDirectory(directory.resolve("temporary"));
        Path file = Files.createFile(directory.resolve("sluice.properties"));
        Map<String, String> variables = new HashMap<>(everythingTo("127.0.0.1:9"));
        variables.put("CONFIG_FILE", file.toString());
        variables.put("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary);
        try (HostProcess sluice = run(variables)) {
            sluice.awaitLogLine("listens on port");
            await().untilAsserted(() -> assertThat(temporary).isEmptyDirectory());
            Files.writeString(file, "ADMIN_PATH=/-/sluice\n");
            await().until(() -> status(sluice.port(), "GET /-/sluice/live") == 200);
            for (String page : List.of("/status", "/status.css", "/status.js", "/metrics", "/explain?path=/")) {
                assertThat(status(sluice.port(), "GET /-/sluice" + page))
                        .as(page)
                        .isEqualTo(200);
            }
            assertThat(status(sluice.port(), "GET /")).isEqualTo(502);
            assertThat(status(sluice.port(), "TRACE /")).isEqualTo(405);
            assertThat(sluice.log()).noneMatch(line -> line.contains("Error") || line.startsWith("\tat "));
        }
    }

    @Test
    void aStandardErrorThatNobodyReadsHoldsUpNobody() throws Exception {
        Map<String, String> variables = new HashMap<>(everythingTo("127.0.0.1:9"));
        variables.put("ADMIN_PATH", "/-/sluice");
        try (HostProcess sluice =
                new LauncherHost().startWithUnreadErrors(variables).awaitReady("/-/sluice/live")) {
            for (int i = 0; i < 1000; i++) { // each has a line in the log, and a pipe takes some 64 KiB
                assertThat(status(sluice.port(), "GET /" + "x".repeat(200))).isEqualTo(502);
            }
            sluice.terminate();
            assertThat(sluice.awaitExit()).isIn(0, 143);
        }
    }

    @Test
    void theHeapThatTheMachineSuggestsIsGivenBack() throws IOException {
        Map<String, String> variables = new HashMap<>(everythingTo("127.0.0.1:9"));
        variables.put("ADMIN_PATH", "/-/sluice");
        variables.put("JDK_JAVA_OPTIONS", "-XX:+UseG1GC -XX:InitialHeapSize=384m -Xlog:gc");
        try (HostProcess sluice =
                new LauncherHost().startWithHeap(512, variables).awaitReady("/-/sluice/live")) {
            Pattern collection = Pattern.compile("Pause Full .*M->\\d+M\\((\\d+)M\\)");
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(sluice.log())
                            .map(collection::matcher)
                            .anySatisfy(line -> {
                                assertThat(line.find()).isTrue();
                                assertThat(Integer.parseInt(line.group(1))).isLessThan(256);
                            }));
        }
    }

    private static int status(int port, String request) throws IOException {
        try (Wire client = Wire.connect(port)) {
            return client.sendHead(request + " HTTP/1.1", "Host: localhost", "Content-Length: 0")
                    .readReply()
                    .status();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "check"})
    void aWrongConfigurationIsALineForEachProblem(String argument) throws Exception {
        String[] arguments = argument.isEmpty() ? new String[0] : new String[] {argument};
        Map<String, String> wrong =
                Map.of("TARGET_GROUP_1_TARGETS", "localhost:99999", "LISTENER_RULE_1_PATHPREFIX", "/");
        try (HostProcess process = run(wrong, arguments)) {
            assertThat(process.awaitExit()).isEqualTo(2);
            assertThat(process.log())
                    .satisfiesExactlyInAnyOrder(
                            line -> assertThat(line).startsWith("TARGET_GROUP_1_NAME: is missing"),
                            line -> assertThat(line).startsWith("TARGET_GROUP_1_TARGETS=localhost:99999: the port"),
                            line -> assertThat(line).startsWith("LISTENER_RULE_1_TARGET_GROUP: is missing"),
                            line -> assertThat(line)
                                    .startsWith("LISTENER_RULE_1_PATHPREFIX=/: ")
                                    .contains("LISTENER_RULE_1_PATH_PREFIX"));
        }
    }

    @Test
    void checkSaysWhatARightConfigurationMeans() throws Exception {
        try (HostProcess process = run(everythingTo("127.0.0.1:9001/v1"), "check")) {
            assertThat(process.awaitExit()).isZero();
            assertThat(process.log())
                    .anyMatch(line -> line.contains("to web"))
                    .anyMatch(line -> line.contains("127.0.0.1:9001/v1"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "--version"})
    void itTellsAboutItself(String argument) throws Exception {
        try (HostProcess process = run(Map.of(), argument)) {
            assertThat(process.awaitExit()).isZero();
            assertThat(process.log().get(0)).matches("Usage: .*|Sluice [0-9].*");
        }
    }

    @Test
    void whatWasHardlyMeantIsWarnedOf() throws Exception {
        int port = FreePort.any();
        Map<String, String> variables = new HashMap<>(everythingTo("localhost:" + port));
        variables.put("LISTENER_PORT", Integer.toString(port));
        variables.put("CONNECTION_TIMEOUT", "50");
        try (HostProcess sluice = run(variables)) {
            sluice.awaitLogLine("WARN", "the target localhost:" + port + " is Sluice's own port");
            sluice.awaitLogLine("WARN", "CONNECTION_TIMEOUT is in milliseconds", "silent for 50 of them");
        }
    }

    @Test
    void aPortThatIsTakenIsOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            Map<String, String> variables = new HashMap<>(everythingTo("127.0.0.1:9001"));
            variables.put("LISTENER_PORT", Integer.toString(taken.getLocalPort()));
            try (HostProcess process = run(variables)) {
                assertThat(process.awaitExit()).isEqualTo(1);
                assertThat(process.log()).singleElement().asString().contains("LISTENER_PORT=" + taken.getLocalPort());
            }
        }
    }

    /** Once, the response was a 400, because the host ends the request as if it were malformed, which it is not. */
    @Test
    void whatDoesNotFinishBeforeTheEndIsAnsweredThatTheHostStops() throws Exception {
        Scenes scenes = new Scenes();
        Scene scene = scenes.add(exchange -> {
            exchange.readBody();
            exchange.awaitEnd();
        });
        Map<String, String> patient = new HashMap<>();
        patient.put("CONNECTION_TIMEOUT", "60000");
        try (ScriptedTarget target = ScriptedTarget.of("silent", scenes)) {
            patient.putAll(everythingTo(target.address()));
            try (HostProcess process = run(patient).awaitReady("/");
                    Wire getter = Wire.connect(process.port());
                    Wire poster = Wire.connect(process.port())) {
                getter.sendHead("GET / HTTP/1.1", "Host: localhost", scene.field());
                poster.sendHead("POST / HTTP/1.1", "Host: localhost", scene.field(), "Content-Length: 5");
                poster.send("first");
                await().atMost(Wire.PATIENCE).until(() -> scene.inProgress() == 2);
                process.terminate();
                assertThat(getter.readReply().status()).isEqualTo(503);
                assertThat(poster.readReply().status()).isEqualTo(503);
                assertThat(process.awaitExit()).isIn(0, 143);
                process.awaitLogLine("503 GET /", "Sluice is shutting down");
                process.awaitLogLine("503 POST /", "Sluice is shutting down");
            }
        }
    }

    @Test
    void whatIsInFlightIsFinishedBeforeTheEnd() throws Exception {
        Scenes scenes = new Scenes();
        WaitingScript waiting = new WaitingScript();
        Scene scene = scenes.add(waiting);
        try (ScriptedTarget target = ScriptedTarget.of("slow", scenes);
                HostProcess process = run(everythingTo(target.address())).awaitReady("/");
                Wire client = Wire.connect(process.port())) {
            client.sendHead("GET / HTTP/1.1", "Host: localhost", scene.field());
            waiting.awaitRequest();
            process.terminate();
            process.awaitNoListener();
            waiting.answer();
            assertThat(client.readReply().text()).isEqualTo(WaitingScript.TEXT);
            assertThat(process.awaitExit()).isIn(0, 143);
        }
    }
}
