package dev.sluice.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.launcher.MockTarget.Behaviour;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MockTargetTest {

    private MockTarget target;

    @BeforeEach
    void start() throws Exception {
        target = MockTarget.start(0, Behaviour.PLAIN);
    }

    @AfterEach
    void stop() throws Exception {
        target.stop();
    }

    @Test
    void describesTheRequest() throws Exception {
        assertThat(
                        body(
                                exchange(
                                        "GET /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-B: \"\\\r\nx-a: 2\r\nConnection: close\r\n\r\n")))
                .isEqualTo("{\"port\":" + target.port() + ",\"method\":\"GET\",\"path\":\"/a/b\",\"query\":\"c=d&e\","
                        + "\"headers\":{\"Host\":[\"x\"],\"X-A\":[\"1\",\"2\"],\"X-B\":[\"\\\"\\\\\"],\"Connection\":[\"close\"]},"
                        + "\"bodyLength\":0}\n");
    }

    @Test
    void takesPathAndQueryByteForByte() throws Exception {
        assertThat(body(get("/a%2Fb//c/%2e%2e/;v=1/%20+/%25/caf%e9?x=%zz&&")))
                .contains("\"path\":\"/a%2Fb//c/%2e%2e/;v=1/%20+/%25/caf%e9\",\"query\":\"x=%zz&&\"");
    }

    /**
     * Jetty's cache of header fields ignores case by default: the second request's value used to arrive as the first's.
     */
    @Test
    void keepsTheCaseOfAValueAfterAnotherOfTheSameConnection() throws Exception {
        assertThat(exchange(
                        "GET /1 HTTP/1.1\r\nHost: x\r\nCache-Control: no-store\r\n\r\n",
                        "GET /2 HTTP/1.1\r\nHost: x\r\nCache-Control: No-StOrE\r\nConnection: close\r\n\r\n"))
                .contains("[\"no-store\"]", "[\"No-StOrE\"]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PURGE"})
    void answersEveryMethod(String method) throws Exception {
        assertThat(exchange(method + " / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .contains("\"method\":\"" + method + "\"");
    }

    @Test
    void answersHeadWithoutABody() throws Exception {
        assertThat(exchange("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .containsPattern("Content-Length: [1-9]")
                .endsWith("\r\n\r\n");
    }

    @Test
    void countsABodyOfEitherFraming() throws Exception {
        String large = "x".repeat(1_000_000);
        assertThat(exchange(
                        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n" + large))
                .contains("\"bodyLength\":1000000}");
        assertThat(exchange(
                        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
                        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))
                .contains("\"bodyLength\":5}");
    }

    @Test
    void answersWithTheConfiguredStatusAfterTheConfiguredTime() throws Exception {
        target.stop();
        target = MockTarget.start(0, Behaviour.of(Map.of("MOCK_DELAY_MS", "200", "MOCK_ERROR_CODE", "503")));
        long start = System.nanoTime();
        assertThat(get("/x")).startsWith("HTTP/1.1 503 ").contains("\"path\":\"/x\"");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }

    @Test
    void isPlainByDefault() {
        assertThat(Behaviour.of(Map.of())).isEqualTo(Behaviour.PLAIN);
        assertThat(Behaviour.of(Map.of("MOCK_DELAY_MS", "", "MOCK_ERROR_CODE", "")))
                .isEqualTo(Behaviour.PLAIN);
    }

    @ParameterizedTest
    @CsvSource({
        "MOCK_DELAY_MS, -1, 0 to 2147483647",
        "MOCK_DELAY_MS, 1s, 0 to 2147483647",
        "MOCK_ERROR_CODE, 200, 400 to 599",
        "MOCK_ERROR_CODE, 600, 400 to 599",
        "MOCK_ERROR_CODE, no, 400 to 599",
    })
    void saysWhatAVariableShouldBe(String variable, String value, String range) {
        assertThatThrownBy(() -> Behaviour.of(Map.of(variable, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(variable + "=" + value + ": a number from " + range + " is expected");
    }

    @Test
    void saysThatItsPortIsInUse() throws Exception {
        assertThatThrownBy(() -> MockTarget.start(target.port(), Behaviour.PLAIN))
                .isInstanceOf(BindException.class)
                .hasMessage("the port is in use");
    }

    private String get(String requestTarget) throws IOException {
        return exchange("GET " + requestTarget + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }

    /** Sends one or more requests, the last of which closes the connection. Returns everything that comes back. */
    private String exchange(String... requests) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), target.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(String.join("", requests).getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String body(String answer) {
        return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }
}
