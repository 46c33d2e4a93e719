package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ThreeTargets;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Replicas of one configuration, and how one treats the sessions of another. */
@Timeout(120)
final class StickinessIT {

    private static final String SECRET = "known to both replicas";
    private static final String WARNING = "STICKINESS_SECRET is not set";

    @RegisterExtension
    private final ThreeTargets targets = new ThreeTargets(new Scenes());

    private HostProcess replica(Map<String, String> more) throws IOException {
        Map<String, String> variables = new LinkedHashMap<>(more);
        variables.put("TARGET_GROUP_1_NAME", "web");
        variables.put("TARGET_GROUP_1_TARGETS", String.join(",", targets.addresses()));
        variables.put("TARGET_GROUP_1_ALGORITHM", "STICKY");
        variables.put("LISTENER_RULE_1_PATH_PREFIX", "/");
        variables.put("LISTENER_RULE_1_TARGET_GROUP", "web");
        return new LauncherHost().start(variables).awaitReady("/");
    }

    private HostProcess replica() throws IOException {
        return replica(Map.of("STICKINESS_SECRET", SECRET));
    }

    @Test
    void replicasHonourEachOthersCookies() throws IOException {
        try (HostProcess one = replica();
                HostProcess other = replica()) {
            assertHonours(one, other);
            assertHonours(other, one);
            assertThat(one.log()).noneMatch(line -> line.contains(WARNING) || line.contains(SECRET));
        }
    }

    /** Uses a session at every target: a single one might get there by chance. */
    private void assertHonours(HostProcess giver, HostProcess honouring) throws IOException {
        for (int i = 0; i < ThreeTargets.NAMES.size(); i++) {
            assertHonours(get(giver), honouring);
        }
    }

    private static void assertHonours(Reply first, HostProcess honouring) throws IOException {
        Reply later = get(honouring, "Cookie: " + cookie(first));
        assertThat(later.field("Target")).isEqualTo(first.field("Target"));
        assertThat(later.fields("Set-Cookie")).isEmpty();
    }

    @Test
    void aReplicaHonoursItsCookiesAfterARestart() throws IOException {
        List<Reply> sessions;
        try (HostProcess before = replica()) {
            sessions = List.of(get(before), get(before), get(before));
        }
        assertThat(sessions)
                .extracting(reply -> reply.field("Target"))
                .containsExactlyInAnyOrderElementsOf(ThreeTargets.NAMES);
        try (HostProcess after = replica()) {
            for (Reply session : sessions) {
                assertHonours(session, after);
            }
        }
    }

    @Test
    void aSessionWhoseTargetIsDeadGetsANewOneThatAllReplicasHonour() throws IOException {
        try (HostProcess one = replica();
                HostProcess other = replica()) {
            Reply first = get(one);
            assertHonours(first, other);
            targets.named(first.field("Target")).close();

            Reply moved = get(other, "Cookie: " + cookie(first));
            assertThat(moved.field("Target")).isNotEqualTo(first.field("Target"));
            assertThat(cookie(moved)).isNotEqualTo(cookie(first));
            assertHonours(moved, one);
            assertHonours(moved, other);
        }
    }

    @Test
    void withoutASecretReplicasWarnAndDoNotHonourEachOthersCookies() throws IOException {
        try (HostProcess one = replica(Map.of());
                HostProcess other = replica(Map.of())) {
            one.awaitLogLine("WARN", WARNING);
            other.awaitLogLine("WARN", WARNING);
            Reply first = get(one);
            assertHonours(first, one);
            assertThat(cookie(get(other, "Cookie: " + cookie(first)))).isNotEqualTo(cookie(first));
        }
    }

    private static Reply get(HostProcess replica, String... fieldLines) throws IOException {
        try (Wire client = Wire.connect(replica.port())) {
            String[] lines = new String[fieldLines.length + 1];
            lines[0] = "Host: localhost";
            System.arraycopy(fieldLines, 0, lines, 1, fieldLines.length);
            Reply reply = client.sendHead("GET / HTTP/1.1", lines).readReply();
            assertThat(reply.status()).isEqualTo(200);
            return reply;
        }
    }

    private static String cookie(Reply reply) {
        assertThat(reply.fields("Set-Cookie")).hasSize(1);
        return reply.field("Set-Cookie").split(";", 2)[0];
    }
}
