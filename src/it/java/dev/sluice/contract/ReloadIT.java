package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.host.Host;
import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.host.TomcatHost;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.ThreeTargets;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Configuration changes while requests arrive: no request notices. */
@Timeout(120)
final class ReloadIT {

    private static final int RELOADS = 100;
    private static final int CLIENTS = 6;
    private static final int REQUESTS_PER_SECOND = 200;
    private static final int CHANGES = 7;

    /** The change that sends everything to target a. */
    private static final int ONLY_A = 6;

    private static final String TAKEN = "The configuration was reloaded; changed:";
    private static final String REFUSED = "The configuration was reloaded and is wrong";

    @TempDir
    private Path directory;

    private final Scenes scenes = new Scenes();

    @RegisterExtension
    private final ThreeTargets targets = new ThreeTargets(scenes);

    private HostProcess start(Host host) throws IOException {
        return host.start(Map.of("CONFIG_FILE", file().toString())).awaitReady("/");
    }

    private Path file() {
        return directory.resolve("sluice.properties");
    }

    private void write(String... lines) throws IOException {
        Path next = Files.writeString(directory.resolve("next"), String.join("\n", lines));
        Files.move(next, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private String address(int target) {
        return targets.get(target).address();
    }

    /** Writes a configuration with one group of these targets for all paths, and these additional lines. */
    private void writeTargets(String addresses, String... more) throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                "TARGET_GROUP_1_NAME=web",
                "TARGET_GROUP_1_TARGETS=" + addresses,
                "LISTENER_RULE_1_PATH_PREFIX=/",
                "LISTENER_RULE_1_TARGET_GROUP=web"));
        lines.addAll(List.of(more));
        write(lines.toArray(String[]::new));
    }

    /**
     * In turn: more targets, another target, new rules and groups, invalid configurations, other settings. Target a is
     * not always in use. Returns whether the configuration is valid.
     */
    private boolean change(int number) throws IOException {
        switch (number % CHANGES) {
            case ONLY_A -> writeTargets(address(0));
            case 0 -> writeTargets(address(0) + "," + address(1) + "," + address(2));
            case 1 -> writeTargets(address(1), "TARGET_GROUP_1_ALGORITHM=LRT");
            case 2 ->
                writeTargets(
                        address(1) + "," + address(2),
                        "TARGET_GROUP_2_NAME=other" + number,
                        "TARGET_GROUP_2_TARGETS=" + address(0),
                        "TARGET_GROUP_2_HEALTH_CHECK_PATH=/",
                        "LISTENER_RULE_2_PATH_PREFIX=/other",
                        "LISTENER_RULE_2_PATH_REWRITE=/other",
                        "LISTENER_RULE_2_TARGET_GROUP=other" + number);
            case 3 -> writeTargets(address(1) + ":x", "RETRY_ATTEMPTS=no");
            case 4 -> writeTargets(address(1) + "/base,", "LISTENER_RULE_1_PATH=/");
            default ->
                writeTargets(
                        address(0) + "," + address(1),
                        "CONNECTION_TIMEOUT=" + (5000 + number),
                        "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET=50",
                        "TARGET_GROUP_1_QUEUE_SIZE=50");
        }
        return number % CHANGES != 3 && number % CHANGES != 4;
    }

    @Test
    void aHundredChangesUnderLoadLoseNothing() throws Exception {
        Signal next = new Signal();
        Scene stream = scenes.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
            for (int i = 0; i < RELOADS; i++) {
                next.take();
                exchange.sendChunk("tick");
            }
            exchange.sendLastChunk();
        });
        Scene echo = scenes.add(TunnelsContract.ECHO);
        writeTargets(address(0));
        try (HostProcess sluice = start(new LauncherHost())) {
            for (int i = 0; i < CHANGES; i++) {
                reload(sluice, i);
            }
            int files = sluice.openFiles();
            try (Wire streaming = Wire.connect(sluice.port());
                    Wire tunnel = Wire.connect(sluice.port());
                    Load load = Load.start(sluice.port(), CLIENTS, REQUESTS_PER_SECOND, ReloadIT::request)) {
                InputStream ticks = streaming.responseBody(streaming
                        .sendHead("GET / HTTP/1.1", "Host: localhost", stream.field())
                        .readHead());
                tunnel.sendHead(
                        "GET / HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: echo", echo.field());
                assertThat(tunnel.readHead().status()).isEqualTo(101);
                for (int i = 0; i < RELOADS; i++) {
                    reload(sluice, i);
                    next.give();
                    assertThat(new String(ticks.readNBytes(4), StandardCharsets.ISO_8859_1))
                            .isEqualTo("tick");
                    assertThat(tunnel.send("ping").read(4)).isEqualTo("ping");
                }
                assertThat(ticks.read())
                        .as("the end of the stream, and no break")
                        .isEqualTo(-1);
                load.awaitResponses(100);
                load.end();

                System.out.println(RELOADS + " reloads: " + load);
                assertThat(load.failures("GET")).isEmpty();
                assertThat(load.failures("POST")).isEmpty();
            }
            assertThat(stream.targets()).containsExactly("a");
            assertThat(scenes.everyday().targets()).contains("a", "b", "c");
            await().atMost(Wire.PATIENCE).until(() -> sluice.openFiles() <= files);
        }
    }

    /** Every second request is for a path that has a rule of its own only at times. */
    private static Load.Request request(long number) {
        String path = number % 2 == 0 ? "/" + number : "/other/" + number;
        return number % 3 == 0 ? Load.Request.with("POST", path, "body") : Load.Request.get(path);
    }

    private void reload(HostProcess sluice, int number) throws Exception {
        boolean isRight = change(number);
        long before = count(sluice, isRight ? TAKEN : REFUSED);
        sluice.hangUp();
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Wire.PATIENCE)
                .until(() -> count(sluice, isRight ? TAKEN : REFUSED) > before);
    }

    private static long count(HostProcess sluice, String text) {
        return sluice.log().stream().filter(line -> line.contains(text)).count();
    }

    /** Once, it was told that it had waited too long. */
    @Test
    void whoeverWaitsInAGroupThatIsConfiguredNoMoreIsToldSo() throws Exception {
        Signal arrived = new Signal();
        Signal leaves = new Signal();
        Scene occupying = scenes.add(exchange -> {
            arrived.give();
            leaves.take();
        });
        writeTargets(
                address(0),
                "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET=1",
                "TARGET_GROUP_1_QUEUE_SIZE=1",
                "TARGET_GROUP_1_QUEUE_TIMEOUT_MILLISECONDS=60000",
                "DEREGISTRATION_DELAY_SECONDS=0",
                "ADMIN_PATH=/-/sluice");
        try (HostProcess sluice = start(new LauncherHost());
                Wire first = Wire.connect(sluice.port());
                Wire second = Wire.connect(sluice.port())) {
            first.sendHead("GET /first HTTP/1.1", "Host: localhost", occupying.field());
            arrived.take();
            second.sendHead("GET /second HTTP/1.1", "Host: localhost");
            await().atMost(Wire.PATIENCE).until(() -> metrics(sluice).contains("sluice_queue_length{group=\"web\"} 1"));
            write(
                    "TARGET_GROUP_1_NAME=other",
                    "TARGET_GROUP_1_TARGETS=" + address(1),
                    "LISTENER_RULE_1_PATH_PREFIX=/",
                    "LISTENER_RULE_1_TARGET_GROUP=other");
            sluice.hangUp();
            assertThat(second.readReply().status()).isEqualTo(503);
            sluice.awaitLogLine("503 GET /second: web: the group is not configured any more");
        } finally {
            leaves.give();
        }
    }

    /** What a scrape yields; with ADMIN_PATH /-/sluice. */
    static String metrics(HostProcess sluice) throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            return client.sendHead("GET /-/sluice/metrics HTTP/1.1", "Host: localhost")
                    .readReply()
                    .text();
        }
    }

    @Test
    void aChangeIsNoticedInAContainerToo() throws IOException {
        writeTargets(address(0));
        try (HostProcess tomcat = start(TomcatHost.tomcat11())) {
            assertThat(answering(tomcat)).isEqualTo("a");
            writeTargets(address(1), "RETRY_ATTEMPTS=many");
            tomcat.awaitLogLine("RETRY_ATTEMPTS=many: must be");
            assertThat(answering(tomcat)).isEqualTo("a");
            writeTargets(address(1));
            await().atMost(Wire.PATIENCE).until(() -> answering(tomcat).equals("b"));
            tomcat.awaitLogLine(TAKEN + " target groups: web (+" + address(1));
        }
    }

    private static String answering(HostProcess host) throws IOException {
        try (Wire client = Wire.connect(host.port())) {
            return client.sendHead("GET / HTTP/1.1", "Host: localhost", "Connection: close")
                    .readReply()
                    .field("Target");
        }
    }
}
