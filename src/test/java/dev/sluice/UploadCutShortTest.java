package dev.sluice;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The end of an upload that meets an answer which has no need of it. */
class UploadCutShortTest {

    private final CountDownLatch end = new CountDownLatch(1);
    private ProxyInJetty proxy;

    @BeforeEach
    void start() throws Exception {
        proxy = new ProxyInJetty((request, response, chain) ->
                chain.doFilter(new MeetingTheAnswer((HttpServletRequest) request), response));
        proxy.answer(head -> {
            if (head.startsWith("POST")) {
                await().until(() -> end.getCount() == 0);
                return "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
            }
            return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        });
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
    }

    /** HttpCore has ended the request by then, and forgets to say that the end was not sent. */
    @Test
    void nothingFollowsItOnItsConnection() throws IOException {
        try (Socket client = proxy.begin(
                "127.0.0.1", "POST / HTTP/1.1", "Host: a", "Connection: close", "Transfer-Encoding: chunked")) {
            await().until(() -> !proxy.requests().isEmpty());
            client.getOutputStream().write("5\r\nhello\r\n0\r\n\r\n".getBytes(US_ASCII));
            assertThat(new String(client.getInputStream().readAllBytes(), US_ASCII))
                    .startsWith("HTTP/1.1 500");
        }
        assertThat(proxy.ask("127.0.0.1", "GET /next HTTP/1.1", "Host: a")).startsWith("HTTP/1.1 200");
        assertThat(proxy.requests()).hasSize(2).last().asString().startsWith("GET /next");
    }

    /** Whoever sends its body's end has to wait until the answer has begun. */
    private final class MeetingTheAnswer extends HttpServletRequestWrapper {

        MeetingTheAnswer(HttpServletRequest request) {
            super(request);
        }

        @Override
        public boolean isTrailerFieldsReady() {
            if (end.getCount() > 0) {
                end.countDown();
                await().until(MeetingTheAnswer::reactorWaitsForTheExchange);
            }
            return super.isTrailerFieldsReady();
        }

        private static boolean reactorWaitsForTheExchange() {
            return Thread.getAllStackTraces().entrySet().stream()
                    .anyMatch(thread -> thread.getKey().getState() == Thread.State.BLOCKED
                            && Arrays.stream(thread.getValue())
                                    .anyMatch(frame -> frame.getMethodName().equals("answerBegins")));
        }
    }
}
