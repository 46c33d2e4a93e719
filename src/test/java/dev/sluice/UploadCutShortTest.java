package dev.sluice;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An upload that ends at the moment in which a response arrives that does not need it. */
class UploadCutShortTest {

    private static final String REACTOR = "sluice-reactor";
    private static final int MOST_TRIES = 100;

    private volatile boolean ends;
    private volatile boolean hasMet;
    private ProxyInJetty proxy;

    @BeforeEach
    void start() throws Exception {
        proxy = new ProxyInJetty((request, response, chain) ->
                chain.doFilter(new MeetingTheAnswer((HttpServletRequest) request), response));
        proxy.answer(head -> {
            if (head.startsWith("POST")) {
                await().until(() -> ends);
                return "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
            }
            return head.startsWith("GET") ? ProxyInJetty.OK : ""; // or a body
        });
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
    }

    /**
     * HttpCore used to take the request for ended by then, and did not report that its end was not sent: the next
     * request on the connection went into the middle of it. The end may also be sent before the response arrives; then
     * the test tries again.
     */
    @Test
    void nothingFollowsItOnItsConnection() throws IOException {
        for (int i = 0; i < MOST_TRIES && !hasMet; i++) {
            upload();
            assertThat(proxy.ask("127.0.0.1", "GET /next HTTP/1.1", "Host: a")).startsWith("HTTP/1.1 200");
            assertThat(proxy.requests()).last().asString().startsWith("GET /next");
        }
        assertThat(hasMet).isTrue();
    }

    private void upload() throws IOException {
        ends = false;
        proxy.requests().clear();
        try (Socket client = proxy.begin(
                "127.0.0.1", "POST / HTTP/1.1", "Host: a", "Connection: close", "Transfer-Encoding: chunked")) {
            await().until(() -> !proxy.requests().isEmpty());
            client.getOutputStream().write("5\r\nhello\r\n0\r\n\r\n".getBytes(US_ASCII));
            assertThat(new String(client.getInputStream().readAllBytes(), US_ASCII))
                    .startsWith("HTTP/1.1 500");
        }
    }

    /**
     * The thread that sends the end of the body holds the exchange's monitor, and waits here until a reactor thread is
     * blocked on it: to report the response, or to send too.
     */
    private final class MeetingTheAnswer extends HttpServletRequestWrapper {

        MeetingTheAnswer(HttpServletRequest request) {
            super(request);
        }

        @Override
        public boolean isTrailerFieldsReady() {
            ends = true;
            if (!Thread.currentThread().getName().startsWith(REACTOR)) {
                StackTraceElement[] waiting =
                        await().until(MeetingTheAnswer::waitingReactor, stack -> stack.length > 0);
                hasMet = Arrays.stream(waiting)
                        .anyMatch(frame -> frame.getMethodName().equals("responseBegins"));
            }
            return super.isTrailerFieldsReady();
        }

        /** The stack of a reactor thread that is blocked; empty if there is none. */
        private static StackTraceElement[] waitingReactor() {
            return Thread.getAllStackTraces().entrySet().stream()
                    .filter(thread -> thread.getKey().getName().startsWith(REACTOR)
                            && thread.getKey().getState() == Thread.State.BLOCKED)
                    .map(Map.Entry::getValue)
                    .findAny()
                    .orElseGet(() -> new StackTraceElement[0]);
        }
    }
}
