package dev.sluice;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Http2Target;
import dev.sluice.contract.wire.Http2Target.Connection;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Request bodies from a host that calls its listener at moments that no real host can be made to choose. */
class UploadTest {

    private static final int MOST = 24;

    private Http2Target target;
    private ProxyInJetty proxy;

    @BeforeEach
    void start() throws Exception {
        target = new Http2Target(UploadTest::answer);
        proxy = new ProxyInJetty(
                (request, response, chain) -> chain.doFilter(upload((HttpServletRequest) request), response),
                "TARGET_GROUP_1_TARGETS",
                target.address(),
                "TARGET_GROUP_1_PROTOCOL_VERSION",
                "HTTP2",
                "CONNECTION_TIMEOUT",
                "10000");
    }

    /** Its body is available at once, in as many pieces as the field Pieces says; -1 stands for an error, and then none. */
    private static HttpServletRequest upload(HttpServletRequest request) {
        return new ChunkedUpload(request, new Pieces(Integer.parseInt(request.getHeader("Pieces"))));
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        target.close();
    }

    private static void answer(Connection connection) throws IOException {
        connection.greet();
        while (true) {
            connection.answer(connection.readShortRequest(), "all of it");
        }
    }

    /**
     * A thread moves a limited number of pieces of a body per turn. If a turn ended with the last piece, the end of the
     * body used not to be sent: over HTTP/2, HttpCore forgets a request for output that is made while it asks for
     * output itself, unless there are data to send.
     */
    @Test
    void theEndArrivesAfterAnyNumberOfPieces() throws IOException {
        for (int pieces = 0; pieces <= MOST; pieces++) {
            assertThat(proxy.ask("127.0.0.1", "POST / HTTP/1.1", "Host: a", "Content-Length: 0", "Pieces: " + pieces))
                    .as("%d pieces", pieces)
                    .startsWith("HTTP/1.1 200");
        }
    }

    /** It used to stay in flight for ever: the exchange took the thread that had failed to be reading still. */
    @Test
    void anErrorWhileItIsReadEndsTheRequest() throws IOException {
        assertThat(proxy.ask("127.0.0.1", "POST / HTTP/1.1", "Host: a", "Content-Length: 0", "Pieces: -1"))
                .startsWith("HTTP/1.1 502");
        await().until(() -> proxy.inFlight() == 0);
    }

    /** Calls its listener only at the end, from within the read that finds the end. */
    private static final class Pieces extends ServletInputStream {

        private int left;
        private @Nullable ReadListener listener;
        private boolean finished;

        Pieces(int count) {
            this.left = count;
        }

        @Override
        public void setReadListener(ReadListener listener) {
            this.listener = listener;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public boolean isFinished() {
            return finished;
        }

        @Override
        public int read() throws IOException {
            if (left < 0) {
                left = 0;
                throw new OutOfMemoryError("as it may come from anywhere");
            }
            if (left == 0) {
                finished = true;
                requireNonNull(listener).onAllDataRead();
                return -1;
            }
            left--;
            return 'x';
        }

        /** Reads one piece, which is one byte. */
        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int piece = read();
            if (piece < 0) {
                return -1;
            }
            bytes[offset] = (byte) piece;
            return 1;
        }
    }
}
