package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.FreePort;
import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.ThreeTargets;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Targets that go and come back under load, and what clients notice of it. */
@Timeout(120)
final class RollingRestartIT {

    private static final int CLIENTS = 12;

    /** The time-out is too long for a target to exceed it only because the machine is busy. */
    private static final Map<String, String> CHECKS = Map.of(
            "TARGET_GROUP_1_HEALTH_CHECK_PATH", "/health",
            "TARGET_GROUP_1_HEALTH_CHECK_INTERVAL_SECONDS", "1",
            "TARGET_GROUP_1_HEALTH_CHECK_TIMEOUT_SECONDS", "10");

    /** Short, so that an ejected target is back within the test. */
    private static final Map<String, String> SHORT_EJECTION = Map.of("EJECTION_DURATION_SECONDS", "1");

    /** Takes its time, so that a target has requests in flight when it stops or dies. */
    private static final Script BUSY = exchange -> {
        exchange.readBody();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(30));
        exchange.answer("200 OK", "ok");
    };

    private final Scenes scenes = new Scenes();

    @RegisterExtension
    private final ThreeTargets targets = new ThreeTargets(scenes);

    private HostProcess start(Map<String, String> more) throws IOException {
        return start(targets.addresses(), more);
    }

    private static HostProcess start(List<String> addresses, Map<String, String> more) throws IOException {
        Map<String, String> variables = new LinkedHashMap<>(more);
        variables.put("TARGET_GROUP_1_NAME", "web");
        variables.put("TARGET_GROUP_1_TARGETS", String.join(",", addresses));
        variables.put("LISTENER_RULE_1_PATH_PREFIX", "/");
        variables.put("LISTENER_RULE_1_TARGET_GROUP", "web");
        return new LauncherHost().start(variables).awaitReady("/");
    }

    @Test
    void aRollingRestartFailsNoGetAndSendsNoPostTwice() throws IOException {
        Scene scene = scenes.add(BUSY);
        try (HostProcess sluice = start(CHECKS);
                Load load = Load.start(sluice.port(), CLIENTS, 300, number -> mixed(number, scene))) {
            load.awaitResponses(100);
            for (int i = 0; i < targets.all().size(); i++) {
                restartWhenFoundUnhealthy(i, sluice, load);
            }
            for (int i = 0; i < targets.all().size(); i++) {
                restartAtOnce(i, load);
            }
            load.end();

            System.out.println("Rolling restarts: " + load);
            assertThat(load.failures("GET")).isEmpty();
            assertNoPostCameTwice(scene);
        }
    }

    private static void assertNoPostCameTwice(Scene scene) {
        assertThat(scene.requests().stream()
                        .filter(request -> request.method().equals("POST"))
                        .map(Head::requestTarget)
                        .toList())
                .isNotEmpty()
                .doesNotHaveDuplicates();
    }

    /** Each path belongs to one request. */
    private static Load.Request mixed(long number, Scene scene) {
        String path = "/" + number;
        return number % 3 == 0
                ? Load.Request.with("POST", path, "body", scene.field())
                : Load.Request.get(path, scene.field());
    }

    private void restartWhenFoundUnhealthy(int i, HostProcess sluice, Load load) throws IOException {
        ScriptedTarget target = targets.get(i);
        int before = sluice.log().size();
        target.stop();
        awaitFlip(sluice, before, target.address() + " is UNHEALTHY");
        load.awaitResponses(100);
        int down = sluice.log().size();
        targets.startAgain(i);
        awaitFlip(sluice, down, target.address() + " is HEALTHY");
        load.awaitResponses(100);
    }

    private static void awaitFlip(HostProcess sluice, int linesBefore, String flip) {
        await().alias(flip)
                .atMost(Wire.PATIENCE)
                .until(() -> sluice.log().stream().skip(linesBefore).anyMatch(line -> line.contains(flip)));
    }

    private void restartAtOnce(int i, Load load) throws IOException {
        targets.get(i).stop();
        targets.startAgain(i);
        load.awaitResponses(100);
    }

    /**
     * There are no health checks: only requests show that the target is gone, and only further ones that it is back.
     */
    @Test
    void aTargetThatIsKilledFailsNoIdempotentRequestAndIsUsedAgainWhenItIsBack() throws Exception {
        List<Integer> ports = List.of(FreePort.any(), FreePort.any(), FreePort.any());
        List<String> addresses = ports.stream().map(port -> "127.0.0.1:" + port).toList();
        int mortal = ports.get(1);
        try (HostProcess first = mockTarget(ports.get(0));
                HostProcess second = mockTarget(mortal);
                HostProcess third = mockTarget(ports.get(2));
                HostProcess sluice = start(addresses, SHORT_EJECTION)) {
            for (int port : ports) {
                awaitResponseOf(port, sluice);
            }
            try (Load load = Load.start(sluice.port(), CLIENTS, 1000, RollingRestartIT::mostlyIdempotent)) {
                load.awaitResponses(1000);
                int before = sluice.log().size();
                second.kill();
                awaitFlip(sluice, before, "127.0.0.1:" + mortal + " is EJECTED");
                load.awaitResponses(2000);
                load.end();

                System.out.println("Kill -9: " + load);
                assertNoIdempotentRequestFailed(load);
            }
            try (HostProcess again = mockTarget(mortal);
                    Load load = Load.start(sluice.port(), CLIENTS, 100, RollingRestartIT::mostlyIdempotent)) {
                awaitResponseOf(mortal, sluice);
                load.awaitResponses(50);
                load.end();

                assertNoIdempotentRequestFailed(load);
                assertThat(List.of(first, third, again)).allMatch(HostProcess::isAlive);
            }
        }
    }

    private static void assertNoIdempotentRequestFailed(Load load) {
        assertThat(load.failures("GET")).isEmpty();
        assertThat(load.failures("PUT")).isEmpty();
    }

    private static HostProcess mockTarget(int port) throws IOException {
        return new LauncherHost("mock-target", Integer.toString(port)).start(Map.of());
    }

    private static void awaitResponseOf(int port, HostProcess sluice) {
        await().alias("an answer of " + port)
                .atMost(Wire.PATIENCE)
                .until(() -> get(sluice).text().contains("\"port\":" + port));
    }

    private static Load.Request mostlyIdempotent(long number) {
        String path = "/" + number;
        return switch ((int) (number % 10)) {
            case 0 -> Load.Request.with("POST", path, "body");
            case 1 -> Load.Request.with("PUT", path, "body");
            default -> Load.Request.get(path);
        };
    }

    @Test
    void aTargetThatFlapsFailsNoGetSendsNoPostTwiceAndTakesNoOtherWithIt() throws IOException {
        Map<String, String> variables = new LinkedHashMap<>(CHECKS);
        variables.putAll(SHORT_EJECTION);
        ScriptedTarget flapping = targets.get(1);
        Scene scene = scenes.add(BUSY);
        try (HostProcess sluice = start(variables);
                Load load = Load.start(sluice.port(), CLIENTS, 300, number -> mixed(number, scene))) {
            for (int i = 0; i < 12; i++) {
                load.awaitResponses(75);
                flapping.turnAway(true);
                load.awaitResponses(75);
                flapping.turnAway(false);
            }
            load.end();

            System.out.println("Flapping: " + load);
            assertThat(load.failures("GET")).isEmpty();
            assertNoPostCameTwice(scene);
            assertThat(sluice.log())
                    .anyMatch(line -> isLeftOut(line, flapping))
                    .noneMatch(line -> isLeftOut(line, targets.get(0)))
                    .noneMatch(line -> isLeftOut(line, targets.get(2)));
        }
    }

    private static boolean isLeftOut(String line, ScriptedTarget target) {
        return line.contains(target.address() + " is EJECTED") || line.contains(target.address() + " is UNHEALTHY");
    }

    @Test
    void withAllTargetsDownItIsA503AndWithOneBackA200() throws IOException {
        try (HostProcess sluice = start(CHECKS)) {
            for (ScriptedTarget target : targets.all()) {
                target.stop();
            }
            await().atMost(Wire.PATIENCE).until(() -> get(sluice).status() == 503);
            targets.startAgain(2);
            await().atMost(Wire.PATIENCE).until(() -> get(sluice).status() == 200);
            for (int i = 0; i < 10; i++) {
                Reply reply = get(sluice);
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.field("Target")).isEqualTo("c");
            }
        }
    }

    private static Reply get(HostProcess sluice) throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            return client.sendHead("GET / HTTP/1.1", "Host: localhost", "Connection: close")
                    .readReply();
        }
    }
}
