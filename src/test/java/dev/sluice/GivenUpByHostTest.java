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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A host that takes back the objects of a request that nobody has ended, and tells nobody, as Tomcat and Jetty do when a
 * client resets a request at certain moments. Here, a filter does the same.
 */
class GivenUpByHostTest {

    /** When the host does that: a reactor thread finds out first. */
    private enum Moment {
        REQUEST_IS_SENT,
        BODY_IS_ASKED_FOR,
        RESPONSE_BEGINS
    }

    private final LogLines log = LogLines.of("dev.sluice.forward");
    private volatile Moment moment = Moment.REQUEST_IS_SENT;
    private volatile boolean isGivenUp;
    private volatile boolean tells; // whether the request's other methods throw as well
    private ProxyInJetty proxy;

    @BeforeEach
    void start() throws Exception {
        proxy = new ProxyInJetty((request, response, chain) -> chain.doFilter(
                new ItsRequest((HttpServletRequest) request), new ItsResponse((HttpServletResponse) response)));
        proxy.answer(head -> head.startsWith("PUT")
                ? "HTTP/1.1 100 Continue\r\n\r\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }

    @AfterEach
    void stop() throws IOException {
        log.close();
        proxy.close();
    }

    /** It used to be the target's failure, and an error in the log; if nothing could be told either, it never ended. */
    @ParameterizedTest
    @EnumSource
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

    private Transaction endedAfter(Moment when) throws IOException {
        moment = when;
        Socket client = when == Moment.BODY_IS_ASKED_FOR
                ? proxy.begin("127.0.0.1", "PUT / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 1")
                : proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a");
        await().until(() -> !proxy.transactions().isEmpty());
        client.close();
        await().until(() -> proxy.inFlight() == 0);
        assertThat(isGivenUp).isTrue();
        return proxy.transactions().get(0);
    }

    private void reached(Moment now) {
        if (now == moment && Thread.currentThread().getName().startsWith("sluice-reactor")) {
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
        public boolean isCommitted() {
            look();
            return super.isCommitted();
        }
    }
}
