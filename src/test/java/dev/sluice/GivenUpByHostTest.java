package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.observe.TerminationCause;
import dev.sluice.observe.Transaction;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A host that takes back the objects of a request that nobody has ended, and tells nobody, as Tomcat and Jetty do when a
 * client resets a request at certain moments. Here, a filter does the same.
 */
class GivenUpByHostTest {

    /** When the host does that. Mostly a reactor thread finds out first. */
    private enum Moment {
        REQUEST_IS_SENT,
        BODY_IS_ASKED_FOR,
        BODY_ENDS,
        RESPONSE_BEGINS,
        NEVER
    }

    private final LogLines log = LogLines.of("dev.sluice.forward");
    private volatile Moment moment = Moment.NEVER;
    private volatile boolean isGivenUp;
    private volatile boolean tells; // whether the request's other methods throw as well
    private volatile boolean cannotReset;
    private ProxyInJetty proxy;

    @BeforeEach
    void start() throws Exception {
        proxy = new ProxyInJetty(
                (request, response, chain) -> chain.doFilter(
                        new ItsRequest((HttpServletRequest) request), new ItsResponse((HttpServletResponse) response)),
                "CONNECTION_TIMEOUT",
                "1000");
        proxy.answer(GivenUpByHostTest::answer);
    }

    private static String answer(String head) {
        return switch (head.substring(0, head.indexOf(' '))) {
            case "PUT" -> "HTTP/1.1 100 Continue\r\n\r\n";
            case "POST" -> ""; // or a body
            case "PATCH" -> "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this\0";
            default -> ProxyInJetty.OK;
        };
    }

    @AfterEach
    void stop() throws IOException {
        log.close();
        proxy.close();
    }

    /** It used to be the target's failure, and an error in the log; if nothing could be told either, it never ended. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NEVER")
    void isTheClientsDoing(Moment when) throws IOException {
        tells = true;
        Transaction ended = endedAfter(when);
        assertThat(ended.cause()).isEqualTo(TerminationCause.CLIENT);
        assertThat(log.all()).isEmpty();
    }

    /** An exception at a request that is still there: an error, and not the target's. */
    @ParameterizedTest
    @EnumSource(names = {"REQUEST_IS_SENT", "RESPONSE_BEGINS"})
    void isAnErrorIfItIsStillThere(Moment when) throws IOException {
        Transaction ended = endedAfter(when);
        assertThat(ended.cause()).isEqualTo(TerminationCause.INTERNAL);
        assertThat(log.all()).contains("An exchange failed");
    }

    /** It used to be complete, and empty, with the target's status. */
    @Test
    void aResponseThatCannotBeTakenBackBreaksOff() throws IOException {
        cannotReset = true;
        assertThat(proxy.ask("127.0.0.1", "PATCH / HTTP/1.1", "Host: a", "Content-Length: 0"))
                .doesNotStartWith("HTTP/1.1 200");
        await().until(() -> proxy.inFlight() == 0);
    }

    private Transaction endedAfter(Moment when) throws IOException {
        moment = when;
        Socket client = switch (when) {
            case BODY_IS_ASKED_FOR ->
                proxy.begin("127.0.0.1", "PUT / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 1");
            case BODY_ENDS -> proxy.begin("127.0.0.1", "POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked");
            default -> proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a");
        };
        if (when == Moment.BODY_ENDS) {
            client.getOutputStream().write("1\r\nx\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        await().until(() -> !proxy.transactions().isEmpty());
        client.close();
        await().until(() -> proxy.inFlight() == 0);
        assertThat(isGivenUp).isTrue();
        return proxy.transactions().get(0);
    }

    private void reached(Moment now) {
        boolean isLater =
                now == Moment.BODY_ENDS || Thread.currentThread().getName().startsWith("sluice-reactor");
        if (now == moment && isLater) {
            isGivenUp = true;
            throw new IllegalStateException("given up");
        }
        look();
    }

    private void look() {
        if (isGivenUp && tells) {
            throw new NullPointerException("given up");
        }
    }

    private final class ItsRequest extends HttpServletRequestWrapper {

        ItsRequest(HttpServletRequest request) {
            super(request);
        }

        @Override
        public String getRequestURI() {
            reached(Moment.REQUEST_IS_SENT);
            return super.getRequestURI();
        }

        @Override
        public ServletInputStream getInputStream() throws IOException {
            reached(Moment.BODY_IS_ASKED_FOR);
            return super.getInputStream();
        }

        @Override
        public boolean isTrailerFieldsReady() {
            reached(Moment.BODY_ENDS);
            return super.isTrailerFieldsReady();
        }

        @Override
        public String getProtocol() {
            look();
            return super.getProtocol();
        }
    }

    private final class ItsResponse extends HttpServletResponseWrapper {

        ItsResponse(HttpServletResponse response) {
            super(response);
        }

        @Override
        public void setStatus(int status) {
            if (status == 200) {
                reached(Moment.RESPONSE_BEGINS);
            }
            super.setStatus(status);
        }

        @Override
        public void reset() {
            if (cannotReset) {
                throw new UnsupportedOperationException("no");
            }
            super.reset();
        }

        @Override
        public boolean isCommitted() {
            look();
            return super.isCommitted();
        }
    }
}
