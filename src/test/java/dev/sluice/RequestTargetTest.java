package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths and queries in Jetty that only a rule for all of them matches. */
class RequestTargetTest {

    private ProxyInJetty proxy;

    @BeforeEach
    void start() throws Exception {
        proxy = new ProxyInJetty();
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
    }

    /** Jetty takes some of these for an authority that is malformed, and answered them with 500. */
    @ParameterizedTest
    @ValueSource(strings = {"//", "//a/b", "//a;x", "//;x", "//a:b/c?q=1", "//a:0x", "//x;jsessionid=1/y", "///;x"})
    void arriveByteForByte(String requestTarget) throws IOException {
        assertThat(proxy.ask("127.0.0.1", "GET " + requestTarget + " HTTP/1.1", "Host: a"))
                .startsWith("HTTP/1.1 200");
        assertThat(proxy.requests().get(0)).startsWith("GET " + requestTarget + " HTTP/1.1\r\n");
    }
}
