package dev.sluice.forward.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.apache.hc.core5.http.nio.RequestChannel;
import org.apache.hc.core5.http.nio.command.RequestExecutionCommand;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of a connection when its target has sent a response, played by hand. */
class Http1Test {

    private static final int BUFFER = ConnectionPool.WINDOW;
    private static final String POISON = head(6) + "poison";

    private byte[] arrives = {};
    private int arrived;
    private boolean isOpen = true;

    private final ReentrantLock lock = new ReentrantLock();
    private final ProtocolIOSession session = (ProtocolIOSession) Proxy.newProxyInstance(
            Http1Test.class.getClassLoader(),
            new Class<?>[] {ProtocolIOSession.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "getLock" -> lock;
                case "isOpen" -> isOpen;
                case "hasCommands" -> false;
                case "getEventMask" -> 0;
                case "read" -> read((ByteBuffer) arguments[0]);
                case "write" -> written((ByteBuffer) arguments[0]);
                case "close" -> {
                    isOpen = false;
                    yield null;
                }
                default -> null;
            });
    private final TargetConnection connection = new TargetConnection(session, new Http1(session));
    private final Request request = new Request();

    private int read(ByteBuffer bytes) {
        int length = Math.min(bytes.remaining(), arrives.length - arrived);
        bytes.put(arrives, arrived, length);
        arrived += length;
        return length;
    }

    private static int written(ByteBuffer bytes) {
        int length = bytes.remaining();
        bytes.position(bytes.limit());
        return length;
    }

    private void begin() {
        connection.begin(new TargetSession(session), new RequestExecutionCommand(request, HttpCoreContext.create()));
    }

    private void comes(String response) throws IOException {
        arrives = response.getBytes(StandardCharsets.ISO_8859_1);
        connection.inputReady(session, null);
    }

    private static String head(int length) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n";
    }

    /** @param size in bytes, of head and body together */
    private static String response(int size) {
        int body = size - head(10_000).length();
        return head(body) + "x".repeat(body);
    }

    @Test
    void aConnectionIsKept() throws IOException {
        begin();
        comes(head(2) + "ok");
        assertThat(request.ended).isTrue();
        assertThat(isOpen).isTrue();
    }

    @Test
    void aConnectionWithSurplusIsNotKept() throws IOException {
        begin();
        comes(head(2) + "ok" + POISON);
        assertThat(request.ended).isTrue();
        assertThat(isOpen).isFalse();
    }

    /** The body that such a response must not have, or a response that nobody has asked for. */
    @ParameterizedTest
    @CsvSource({
        "204 No Content, '', true",
        "304 Not Modified, '', true",
        "204 No Content, x, false",
        "304 Not Modified, x, false"
    })
    void aConnectionWithSurplusBehindAResponseWithoutABodyIsNotKept(String status, String surplus, boolean isKept)
            throws IOException {
        begin();
        comes("HTTP/1.1 " + status + "\r\n\r\n" + surplus);
        assertThat(isOpen).isEqualTo(isKept);
    }

    /**
     * What came after a response that ended with the buffer used to stay in the socket, unseen, and became the response
     * to the next request.
     */
    @ParameterizedTest
    @CsvSource({"-1, true", "0, false"})
    void aConnectionWhoseSurplusWouldNotHaveFitIsNotKept(int beyondTheBuffer, boolean isKept) throws IOException {
        begin();
        comes(response(BUFFER + beyondTheBuffer) + (isKept ? "" : POISON));
        assertThat(request.ended).isTrue();
        assertThat(isOpen).isEqualTo(isKept);
    }

    /** A request without a body, and whoever takes its response. */
    private static final class Request implements ExchangeHandler {

        private boolean ended;

        @Override
        public void produceRequest(RequestChannel channel, HttpContext context) throws HttpException, IOException {
            channel.sendRequest(new BasicHttpRequest("GET", "/"), null, context);
        }

        @Override
        public void consumeResponse(HttpResponse response, @Nullable EntityDetails body, HttpContext context) {
            TargetConnection.current().received(this);
        }

        @Override
        public boolean take(ByteBuffer source) {
            return false;
        }

        @Override
        public boolean clientKeepsUp() {
            return false;
        }

        @Override
        public void inputPauses() {
            // nobody waits for it
        }

        @Override
        public void streamEnd(@Nullable List<? extends Header> trailers) {
            ended = true;
        }

        @Override
        public void consumeInformation(HttpResponse response, HttpContext context) {
            throw new AssertionError(response);
        }

        @Override
        public void consume(ByteBuffer source) {
            throw new AssertionError("only HTTP/2 calls this");
        }

        @Override
        public void updateCapacity(CapacityChannel window) throws IOException {
            window.update(Integer.MAX_VALUE);
        }

        @Override
        public int available() {
            return 0;
        }

        @Override
        public void produce(DataStreamChannel channel) {
            throw new AssertionError("there is no body");
        }

        @Override
        public void failed(Exception cause) {
            throw new AssertionError(cause);
        }

        @Override
        public void cancel() {
            throw new AssertionError("cancelled");
        }

        @Override
        public boolean hasEnded() {
            throw new AssertionError("asked for over HTTP/2 only");
        }

        @Override
        public void releaseResources() {
            // none
        }
    }
}
