package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.host.Host;
import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.JettyHost;
import dev.sluice.contract.host.TomcatHost;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * In a container, a wrong configuration prevents the web application from being deployed. {@link CommandLineIT} covers
 * the launcher.
 */
@Timeout(120)
final class WrongConfigurationIT {

    private static final Map<String, String> WRONG =
            Map.of("TARGET_GROUP_1_TARGETS", "localhost:99999", "LISTENER_RULE_1_PATHPREFIX", "/");

    static Stream<Host> tomcats() {
        return Stream.of(TomcatHost.tomcat10(), TomcatHost.tomcat11());
    }

    static Stream<Host> jettys() {
        return Stream.of(JettyHost.ee10(), JettyHost.ee11());
    }

    @ParameterizedTest
    @MethodSource("tomcats")
    void tomcatServesNothing(Host host) throws IOException {
        try (HostProcess tomcat = host.start(WRONG)) {
            tomcat.awaitLogLine("Server startup in");
            assertSaysEveryProblem(tomcat);
            try (Wire client = Wire.connect(tomcat.port())) {
                assertThat(client.sendHead("GET / HTTP/1.1", "Host: localhost")
                                .readReply()
                                .status())
                        .isEqualTo(404);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("jettys")
    void jettyEnds(Host host) throws Exception {
        try (HostProcess jetty = host.start(WRONG)) {
            assertThat(jetty.awaitExit()).isNotZero();
            assertSaysEveryProblem(jetty);
        }
    }

    private static void assertSaysEveryProblem(HostProcess host) {
        for (String problem : new String[] {
            "TARGET_GROUP_1_NAME: is missing",
            "TARGET_GROUP_1_TARGETS=localhost:99999: the port",
            "LISTENER_RULE_1_TARGET_GROUP: is missing",
            "LISTENER_RULE_1_PATHPREFIX=/: there is no such variable"
        }) {
            assertThat(host.log()).anyMatch(line -> line.contains(problem));
        }
    }
}
