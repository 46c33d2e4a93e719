package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The configurations in the README, unchanged except for the targets' addresses. */
@Timeout(120)
final class ReadmeIT {

    private final Scenes scenes = new Scenes();
    private final Scene scene = scenes.add(Script.OK);

    @TempDir
    private Path directory;

    private ScriptedTarget a;
    private ScriptedTarget b;
    private ScriptedTarget c;
    private ScriptedTarget d;

    @BeforeEach
    void openTargets() throws IOException {
        a = ScriptedTarget.of("a", scenes);
        b = ScriptedTarget.of("b", scenes);
        c = ScriptedTarget.of("c", scenes);
        d = ScriptedTarget.of("d", scenes);
    }

    @AfterEach
    void closeTargets() throws IOException {
        for (ScriptedTarget target : List.of(a, b, c, d)) {
            target.close();
        }
    }

    @Test
    void first() throws IOException {
        Map<String, String> addresses = Map.of(
                "10.0.0.11:8080", a.address(),
                "10.0.0.12:8080", b.address(),
                "10.0.0.13:8080", c.address());
        try (HostProcess sluice = start("first", addresses)) {
            for (int i = 0; i < 6; i++) {
                assertThat(statusOf(sluice, "/page")).isEqualTo(200);
            }
            assertThat(scene.targets()).containsExactly("a", "b", "c", "a", "b", "c");
        }
    }

    @Test
    void oneTarget() throws IOException {
        try (HostProcess sluice = start("one target", Map.of("127.0.0.1:9001", a.address()))) {
            assertThat(statusOf(sluice, "/some/page?a=b")).isEqualTo(200);
            assertThat(scene.targets()).containsExactly("a");
            assertThat(scene.request().startLine()).isEqualTo("GET /some/page?a=b HTTP/1.1");
        }
    }

    @Test
    void byPath() throws IOException {
        Map<String, String> addresses = Map.of(
                "api1.example.com:8080", a.address(),
                "api2.example.com:8080", b.address(),
                "web1.example.com:8080", c.address(),
                "web2.example.com:8080", d.address());
        try (HostProcess sluice = start("by path", addresses)) {
            for (String path : List.of("/api/users", "/web/users", "/api/users", "/web/users")) {
                assertThat(statusOf(sluice, path)).isEqualTo(200);
            }
            assertThat(statusOf(sluice, "/users")).isEqualTo(404);
            assertThat(scene.targets()).containsExactly("a", "c", "b", "d");
            assertThat(scene.requests())
                    .allSatisfy(request -> assertThat(request.startLine()).isEqualTo("GET /users HTTP/1.1"));
        }
    }

    @Test
    void rewriting() throws IOException {
        try (HostProcess sluice = start("rewriting", Map.of("127.0.0.1:9001", a.address()))) {
            assertThat(statusOf(sluice, "/my/listener/resource?a=b")).isEqualTo(200);
            assertThat(statusOf(sluice, "/my/listener")).isEqualTo(200);
            assertThat(scene.requests())
                    .extracting(request -> request.startLine())
                    .containsExactly("GET /v1/resource?a=b HTTP/1.1", "GET /v1 HTTP/1.1");
        }
    }

    @Test
    void inProduction() throws IOException {
        Map<String, String> addresses = Map.of("10.0.0.11:8080", a.address(), "10.0.0.12:8080", b.address());
        try (HostProcess sluice = start("in production", addresses)) {
            assertThat(statusOf(sluice, "/page")).isEqualTo(200);
            assertThat(statusOf(sluice, "/-/sluice/ready")).isEqualTo(200);
            assertThat(scene.request().values("Host")).containsExactly("localhost");
        }
    }

    private int statusOf(HostProcess sluice, String path) throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            return client.sendHead("GET " + path + " HTTP/1.1", "Host: localhost", scene.field())
                    .readReply()
                    .status();
        }
    }

    private HostProcess start(String example, Map<String, String> addresses) throws IOException {
        String configuration = example(example);
        for (Map.Entry<String, String> address : addresses.entrySet()) {
            assertThat(configuration).contains(address.getKey());
            configuration = configuration.replace(address.getKey(), address.getValue());
        }
        Path file = Files.writeString(directory.resolve("sluice.properties"), configuration);
        HostProcess sluice =
                new LauncherHost().start(Map.of("CONFIG_FILE", file.toString(), "SHUTDOWN_DELAY_SECONDS", "0"));
        sluice.awaitLogLine("listens on port");
        return sluice;
    }

    private static String example(String name) throws IOException {
        Pattern block = Pattern.compile(
                "<!-- example: " + Pattern.quote(name) + " -->\\s*```properties\n(.*?)```", Pattern.DOTALL);
        Matcher matcher = block.matcher(Files.readString(Path.of("README.md")));
        assertThat(matcher.find()).as("the README has the example " + name).isTrue();
        return matcher.group(1);
    }
}
