package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.host.Host;
import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.JettyHost;
import dev.sluice.contract.host.TomcatHost;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Sluice beside other applications: it gets the paths that begin with its context's, the whole of which its rules see. */
@Timeout(60)
@ParameterizedClass
@MethodSource("hosts")
class ContextPathIT {

    private static final Scenes SCENES = new Scenes();

    private static ScriptedTarget target;
    private static HostProcess sluice;

    @Parameter
    Host host;

    static Stream<Host> hosts() {
        return Stream.of(
                TomcatHost.tomcat10().under("lb"),
                TomcatHost.tomcat11().under("lb"),
                JettyHost.ee10().under("lb"),
                JettyHost.ee11().under("lb"));
    }

    @BeforeAll
    static void open() throws IOException {
        target = ScriptedTarget.of("target", SCENES);
    }

    @AfterAll
    static void close() throws IOException {
        target.close();
    }

    @BeforeParameterizedClassInvocation
    static void start(Host host) throws IOException {
        sluice = host.start(Map.of(
                        "TARGET_GROUP_1_NAME", "web",
                        "TARGET_GROUP_1_TARGETS", target.address() + "/v1",
                        "LISTENER_RULE_1_PATH_PREFIX", "/lb",
                        "LISTENER_RULE_1_PATH_REWRITE", "/lb",
                        "LISTENER_RULE_1_TARGET_GROUP", "web",
                        "ADMIN_PATH", "/lb/-/sluice"))
                .awaitReady("/lb/-/sluice/ready");
    }

    @AfterParameterizedClassInvocation
    static void stop() throws IOException {
        sluice.close();
    }

    /** Once, Jetty answered a request for the context path itself with a redirect, and clients lost their POST. */
    @ParameterizedTest
    @CsvSource({"/lb, /v1", "/lb?a=b, /v1?a=b", "/lb/, /v1/", "/lb/x%2Fy//z?c, /v1/x%2Fy//z?c"})
    void requestsBelowItAreForwarded(String path, String atTarget) throws IOException {
        Scene scene = SCENES.add(Script.OK);
        try (Wire client = Wire.connect(sluice.port())) {
            Reply reply = client.sendHead(
                            "POST " + path + " HTTP/1.1", "Host: localhost", scene.field(), "Content-Length: 5")
                    .send("hello")
                    .readReply();
            assertThat(reply.status()).isEqualTo(200);
        }
        assertThat(scene.request().requestTarget()).isEqualTo(atTarget);
        assertThat(scene.texts()).containsExactly("hello");
    }

    @Test
    void othersAreNot() throws IOException {
        try (Wire client = Wire.connect(sluice.port())) {
            assertThat(client.sendHead("GET /lbx HTTP/1.1", "Host: localhost")
                            .readReply()
                            .status())
                    .isEqualTo(404);
        }
    }
}
