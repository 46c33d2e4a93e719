package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A host without a free file descriptor can neither accept a client nor connect to a target. Once it has some again, it
 * does both.
 */
@Timeout(120)
final class NoFilesLeftIT {

    /** What the launcher needs for itself, plus a few connections. */
    private static final int FILES = 120;

    private static final Duration WINDOW = Duration.ofSeconds(1);

    @Test
    void itSurvivesAndRecovers() throws IOException {
        Settings settings = new Settings();
        try (ScriptedTarget target = ScriptedTarget.of("target", new Scenes())) {
            settings.group("web", target.address());
            settings.rule("/", "", "web");
            try (HostProcess sluice = new LauncherHost()
                    .startWithFiles(FILES, settings.variables())
                    .awaitReady("/")) {
                assumeTrue(sluice.openFiles() >= 0, "this system does not tell");
                exhaust(sluice);
                await().until(() -> answers(sluice));
                for (int i = 0; i < 100; i++) {
                    assertThat(get(sluice).status()).isEqualTo(200);
                }
            }
        }
    }

    /**
     * Connects silent clients until no file descriptor is left. Then a client that connected before them sends its
     * request. In the end all clients leave.
     */
    private static void exhaust(HostProcess sluice) throws IOException {
        List<Wire> clients = new ArrayList<>();
        try (Wire asking = Wire.connect(sluice.port())) {
            for (int i = 0; i < FILES; i++) {
                clients.add(Wire.connect(sluice.port()));
            }
            await().until(() -> sluice.openFiles() >= FILES);
            asking.sendHead("GET / HTTP/1.1", "Host: localhost");
            // 200 if a connection to the target was kept alive.
            assertThat(asking.readReply().status()).isIn(200, 502);
            await().alias("an end of being busy").until(() -> isAtRest(sluice));
        } finally {
            for (Wire client : clients) {
                client.close();
            }
        }
    }

    private static boolean isAtRest(HostProcess sluice) {
        Duration before = sluice.cpuTime();
        Wire.pause(WINDOW);
        return sluice.cpuTime().minus(before).compareTo(WINDOW.dividedBy(4)) < 0;
    }

    private static boolean answers(HostProcess sluice) {
        try {
            return get(sluice).status() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static Reply get(HostProcess sluice) throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            return client.sendHead("GET / HTTP/1.1", "Host: localhost", "Connection: close")
                    .readReply();
        }
    }
}
