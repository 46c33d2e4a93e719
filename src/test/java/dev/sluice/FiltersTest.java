package dev.sluice;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.observe.Transaction;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.net.Socket;
import java.util.Collections;
import java.util.Enumeration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.server.handler.SizeLimitHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a filter of the host's, or of Jetty's own handlers, does to requests and responses before Sluice. */
class FiltersTest {

    private static final int LIMIT = 90 * 1024;
    private static final String END = "\r\n0\r\n\r\n";
    private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    /**
     * Whoever decodes a body removes the fields that say how long it is. Once, a request without them had none: its target
     * got an empty one, and nobody was told.
     */
    @ParameterizedTest
    @CsvSource({"POST, close, X-Nothing: 1", "DELETE, close, X-Nothing: 1", "POST, 'close, Upgrade', Upgrade: other"})
    void aBodyThatNoFieldAnnouncesAnyMoreIsForwarded(String method, String connection, String field) throws Exception {
        Filter decoding =
                (request, response, chain) -> chain.doFilter(new WithoutLength((HttpServletRequest) request), response);
        try (ProxyInJetty proxy = new ProxyInJetty(decoding)) {
            proxy.answer(head -> head.startsWith(method) ? "" : ProxyInJetty.OK);
            try (Socket client = proxy.begin(
                    "127.0.0.1",
                    method + " / HTTP/1.1",
                    "Host: a",
                    "Connection: " + connection,
                    field,
                    "Content-Length: 5")) {
                client.getOutputStream().write("hello".getBytes(US_ASCII));
                assertThat(all(client)).startsWith("HTTP/1.1 200 ");
            }
            assertThat(ProxyInJetty.values(proxy.requests().get(0), "Transfer-Encoding"))
                    .containsExactly("chunked");
            assertThat(proxy.requests().get(1)).startsWith("5\r\nhello\r\n0\r\n");
        }
    }

    @Test
    void aRequestWithoutABodyStaysOne() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty()) {
            assertThat(proxy.ask("127.0.0.1", "POST / HTTP/1.1", "Host: a")).startsWith("HTTP/1.1 200 ");
            assertThat(proxy.requests()).hasSize(1);
            assertThat(ProxyInJetty.values(proxy.requests().get(0), "Transfer-Encoding"))
                    .isEmpty();
        }
    }

    /** Once, what the client had got by then ended as if it were all, and the log said that the client had left. */
    @Test
    void aResponseThatIsRefusedIsBrokenOff() throws Exception {
        Filter limiting = (request, response, chain) ->
                chain.doFilter(request, new UpToTwoWrites((HttpServletResponse) response));
        try (ProxyInJetty proxy = new ProxyInJetty(limiting)) {
            proxy.answer(head -> CHUNKED + "100000\r\n" + "x".repeat(0x100000) + END);
            try (Socket client = proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a")) {
                assertThat(all(client))
                        .startsWith("HTTP/1.1 200 ")
                        .contains("xxx")
                        .doesNotEndWith(END);
            }
            await().until(() -> !proxy.transactions().isEmpty());
            Transaction transaction = proxy.transactions().get(0);
            assertThat(transaction.termination()).isEqualTo("ID");
            assertThat(transaction.failure()).contains("refused the response");
        }
    }

    /** Jetty says only later why it has not written something: once, the response was complete by then. */
    @ParameterizedTest
    @CsvSource({"90, 36", "1000, 0", "1000, 36"})
    void aResponseThatAHandlerRefusesIsBrokenOff(int first, int last) throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty(new SizeLimitHandler(-1, LIMIT))) {
            proxy.answer(head -> CHUNKED + chunk(first) + (last == 0 ? "" : chunk(last)) + "0\r\n\r\n");
            try (Socket client = proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a")) {
                assertThat(all(client)).startsWith("HTTP/1.1 200 ").doesNotEndWith(END);
            }
            await().until(() -> !proxy.transactions().isEmpty());
            assertThat(proxy.transactions().get(0).termination()).isNotEqualTo("--");
        }
    }

    @Test
    void aResponseThatAHandlerRefusesForItsLengthIsAnswered() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty(new SizeLimitHandler(-1, LIMIT))) {
            proxy.answer(
                    head -> "HTTP/1.1 200 OK\r\nContent-Length: " + 2 * LIMIT + "\r\n\r\n" + "x".repeat(2 * LIMIT));
            assertThat(proxy.ask("127.0.0.1", "GET / HTTP/1.1", "Host: a")).startsWith("HTTP/1.1 502 ");
            await().until(() -> !proxy.transactions().isEmpty());
            assertThat(proxy.transactions().get(0).failure()).contains("refused the response");
        }
    }

    /** Once, the client was blamed, and its response ended as if it were complete. */
    @Test
    void aResponseThatBreaksAFilterWhenTheHostHasRoomAgainIsBrokenOff() throws Exception {
        AtomicBoolean full = new AtomicBoolean();
        Filter fragile = (request, response, chain) ->
                chain.doFilter(request, new FragileOnceFull((HttpServletResponse) response, full));
        try (ProxyInJetty proxy = new ProxyInJetty(fragile)) {
            proxy.answer(head -> CHUNKED + chunk(32 * 1024) + "0\r\n\r\n"); // more than waits in sockets
            try (Socket client = proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a")) {
                await().untilTrue(full);
                assertThat(all(client)).startsWith("HTTP/1.1 200 ").doesNotEndWith(END);
            }
            await().until(() -> !proxy.transactions().isEmpty());
            assertThat(proxy.transactions().get(0).termination()).isEqualTo("ID");
        }
    }

    private static String chunk(int kibibytes) {
        int length = kibibytes * 1024;
        return Integer.toHexString(length) + "\r\n" + "x".repeat(length) + "\r\n";
    }

    private static String all(Socket client) throws IOException {
        return new String(client.getInputStream().readAllBytes(), US_ASCII);
    }

    private static final class WithoutLength extends HttpServletRequestWrapper {

        WithoutLength(HttpServletRequest request) {
            super(request);
        }

        @Override
        public long getContentLengthLong() {
            return -1;
        }

        @Override
        public Enumeration<String> getHeaders(String name) {
            return name.equals("Content-Length") ? Collections.emptyEnumeration() : super.getHeaders(name);
        }
    }

    private static final class UpToTwoWrites extends HttpServletResponseWrapper {

        UpToTwoWrites(HttpServletResponse response) {
            super(response);
        }

        @Override
        public ServletOutputStream getOutputStream() throws IOException {
            return new Limited(super.getOutputStream());
        }
    }

    private static final class FragileOnceFull extends HttpServletResponseWrapper {

        private final AtomicBoolean full;

        FragileOnceFull(HttpServletResponse response, AtomicBoolean full) {
            super(response);
            this.full = full;
        }

        @Override
        public ServletOutputStream getOutputStream() throws IOException {
            return new Limited(super.getOutputStream()) {
                @Override
                public boolean isReady() {
                    boolean isReady = out.isReady();
                    if (!isReady) {
                        full.set(true);
                    }
                    return isReady;
                }

                @Override
                public void write(byte[] bytes, int begin, int length) throws IOException {
                    if (full.get()) {
                        throw new IllegalArgumentException("broken");
                    }
                    out.write(bytes, begin, length);
                }
            };
        }
    }

    private static class Limited extends ServletOutputStream {

        final ServletOutputStream out;
        private int writes;

        Limited(ServletOutputStream out) {
            this.out = out;
        }

        @Override
        public boolean isReady() {
            return out.isReady();
        }

        @Override
        public void setWriteListener(WriteListener listener) {
            out.setWriteListener(listener);
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int begin, int length) throws IOException {
            if (++writes > 2) {
                throw new IOException("too much");
            }
            out.write(bytes, begin, length);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }
}
