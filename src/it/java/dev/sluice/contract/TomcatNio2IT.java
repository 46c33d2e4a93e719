package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.host.Host;
import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.TomcatHost;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tomcat with the connector that writes asynchronously: a write may not be over when its call is. */
@Timeout(60)
class TomcatNio2IT {

    private static final int OFTEN = 20;

    /**
     * Once, the exchange was completed while the end of the response was still being written: in Tomcat 10.1, more than half
     * of these responses did not end, and some had no head.
     */
    @ParameterizedTest
    @MethodSource
    void anAnswerThatDoesNotWaitForTheUploadArrivesWhole(Host tomcat) throws IOException {
        Scenes scenes = new Scenes();
        Scene scene = scenes.add(exchange -> exchange.answer("403 Forbidden", "no", "Connection: close"));
        try (ScriptedTarget target = ScriptedTarget.of("target", scenes)) {
            Settings settings = new Settings();
            settings.groupAtItsName("all", target.address());
            try (HostProcess sluice = tomcat.start(settings.variables()).awaitReady("/all")) {
                for (int i = 0; i < OFTEN; i++) {
                    try (Wire client = Wire.connect(sluice.port())) {
                        client.sendHead(
                                "POST /all HTTP/1.1",
                                "Host: localhost",
                                scene.field(),
                                "Expect: 100-continue",
                                "Content-Length: 5");
                        assertThat(client.readHead().status()).isEqualTo(100);
                        Reply reply = client.send("hello").readReply();
                        assertThat(reply.status()).isEqualTo(403);
                        assertThat(reply.text()).isEqualTo("no");
                        assertThat(reply.whole()).isTrue();
                    }
                }
            }
        }
    }

    static Stream<Host> anAnswerThatDoesNotWaitForTheUploadArrivesWhole() {
        return Stream.of(TomcatHost.tomcat10().withNio2(), TomcatHost.tomcat11().withNio2());
    }
}
