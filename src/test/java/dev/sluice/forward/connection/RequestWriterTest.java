package dev.sluice.forward.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.impl.BasicEntityDetails;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.reactor.ssl.TlsDetails;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestWriterTest {

    private static final String HEAD = "POST /a?b HTTP/1.1\r\nHost: c\r\n\r\n";

    private final Connection connection = new Connection();
    private final RequestWriter writer = new RequestWriter(connection.session);

    private static HttpRequest head() {
        HttpRequest head = new BasicHttpRequest("POST", "/a?b");
        head.addHeader("Host", "c");
        return head;
    }

    private DataStreamChannel begin(long length) {
        return Objects.requireNonNull(writer.begin(head(), new BasicEntityDetails(length, null)));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Goes on as the reactor does when there is room. */
    private void goOn(DataStreamChannel body, String more) throws IOException {
        if (writer.goOn()) {
            body.write(bytes(more));
            writer.flush();
        }
    }

    @Test
    void aRequestWithoutABodyIsOneWrite() throws IOException {
        assertThat(writer.begin(head(), null)).isNull();
        assertThat(connection.writes).isEmpty();
        writer.flush();
        assertThat(connection.writes).containsExactly(HEAD);
        assertThat(writer.isComplete()).isTrue();
        assertThat(connection.wantsRoom()).isFalse();
    }

    @Test
    void aFieldStaysOne() throws IOException {
        HttpRequest head = head();
        head.addHeader("A", "b\r\nC: d\ne");
        writer.begin(head, null);
        writer.flush();
        assertThat(connection.sent()).endsWith("\r\nA: b  C: d e\r\n\r\n");
    }

    @Test
    void aShortBodyThatIsThereGoesOutWithItsHead() throws IOException {
        DataStreamChannel body = begin(5);
        assertThat(body.write(bytes("he"))).isEqualTo(2);
        assertThat(body.write(bytes("llo"))).isEqualTo(3);
        body.endStream(List.of());
        writer.flush();
        assertThat(connection.writes).containsExactly(HEAD + "hello");
        assertThat(writer.isComplete()).isTrue();
    }

    @Test
    void soDoChunksAndTrailers() throws IOException {
        DataStreamChannel body = begin(-1);
        body.write(bytes("hello, world!"));
        body.write(bytes("")); // a chunk of size 0 would be the last one
        body.write(bytes("x"));
        List<Header> trailers = List.of(new BasicHeader("A", "b"), new BasicHeader("C", "d"));
        body.endStream(trailers);
        writer.flush();
        assertThat(connection.writes)
                .containsExactly(HEAD + "d\r\nhello, world!\r\n1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n");
    }

    @Test
    void aLongBodyIsNotGathered() throws IOException {
        String longer = "x".repeat(20_000);
        DataStreamChannel body = begin(longer.length());
        assertThat(body.write(bytes(longer))).isEqualTo(longer.length());
        assertThat(connection.writes).containsExactly(HEAD, longer);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 8})
    void whatComesLaterIsWrittenWhenItComes(long length) throws IOException {
        DataStreamChannel body = begin(length);
        writer.flush();
        body.write(bytes("half"));
        body.write(bytes("rest"));
        body.endStream(List.of());
        assertThat(connection.writes)
                .containsExactlyElementsOf(
                        length < 0
                                ? List.of(HEAD, "4\r\nhalf\r\n", "4\r\nrest\r\n", "0\r\n\r\n")
                                : List.of(HEAD, "half", "rest"));
        assertThat(connection.wantsRoom()).isFalse();
        assertThat(writer.isComplete()).isTrue();
    }

    /** However little the connection takes at a time. The head has 31 bytes, and the chunk 10. */
    @ParameterizedTest
    @CsvSource({"-1, 0", "-1, 1", "-1, 7", "-1, 30", "-1, 31", "-1, 40", "5, 0", "5, 1", "5, 30", "5, 31", "5, 35"})
    void whatIsNotTakenWaits(int length, int room) throws IOException {
        connection.room = room;
        DataStreamChannel body = begin(length);
        writer.flush();
        ByteBuffer data = bytes("hello");
        write(data, body);
        assertThat(connection.wantsRoom()).isTrue();
        for (int i = 0; i < 1_000 && connection.wantsRoom(); i++) {
            connection.room = 1;
            if (writer.goOn()) {
                write(data, body);
                writer.flush();
            }
        }
        connection.room = Integer.MAX_VALUE;
        body.endStream(List.of());
        assertThat(connection.sent()).isEqualTo(HEAD + (length < 0 ? "5\r\nhello\r\n0\r\n\r\n" : "hello"));
        assertThat(writer.isComplete()).isTrue();
    }

    /** Writes as {@link RequestBody} does. */
    private static void write(ByteBuffer data, DataStreamChannel body) throws IOException {
        body.write(data);
        if (data.hasRemaining()) {
            body.requestOutput();
        }
    }

    @Test
    void theEndOfABodyWaitsBehindItsLastChunk() throws IOException {
        DataStreamChannel body = begin(-1);
        writer.flush();
        connection.room = 9;
        body.write(bytes("hello"));
        body.endStream(List.of());
        connection.room = Integer.MAX_VALUE;
        assertThat(writer.goOn()).isFalse();
        assertThat(connection.sent()).isEqualTo(HEAD + "5\r\nhello\r\n0\r\n\r\n");
    }

    @Test
    void asLongAsSomethingMovesNobodyIsSilent() throws IOException {
        DataStreamChannel body = begin(10);
        writer.flush();
        int before = connection.signsOfLife;
        body.write(bytes("hello"));
        assertThat(connection.signsOfLife).isEqualTo(before + 1);
        connection.room = 0;
        body.write(bytes("hello"));
        assertThat(connection.signsOfLife).isEqualTo(before + 1);
    }

    /** TLS has only encrypted what it took. */
    @Test
    void tlsIsAskedToSendWhatItHasTaken() throws Exception {
        connection.tls =
                new TlsDetails(SSLContext.getDefault().createSSLEngine().getSession(), null);
        DataStreamChannel body = begin(5);
        writer.flush();
        body.write(bytes("hello"));
        assertThat(connection.wantsRoom()).isTrue();
        assertThat(writer.goOn()).isFalse();
        assertThat(connection.wantsRoom()).isFalse();
    }

    @Test
    void theEndOfABodyWaitsTooAndTheRequestIsNotCompleteBefore() throws IOException {
        DataStreamChannel body = begin(-1);
        writer.flush();
        connection.room = 3;
        body.endStream(List.of());
        assertThat(writer.isComplete()).isFalse();
        assertThat(connection.wantsRoom()).isTrue();
        connection.room = 2;
        assertThat(writer.goOn()).isFalse();
        assertThat(connection.sent()).isEqualTo(HEAD + "0\r\n\r\n");
        assertThat(writer.isComplete()).isTrue();
        assertThat(connection.wantsRoom()).isFalse();
    }

    @Test
    void whoWantsRoomIsAskedOnce() throws IOException {
        DataStreamChannel body = begin(10);
        writer.flush();
        body.requestOutput();
        assertThat(connection.wantsRoom()).isTrue();
        goOn(body, "hello");
        assertThat(connection.writes).containsExactly(HEAD, "hello");
        assertThat(connection.wantsRoom()).isFalse();
        assertThat(writer.goOn()).isFalse();
    }

    /** A request for output that is made while output is being asked for is not lost. */
    @Test
    void whoWantsRoomAgainIsAskedAgain() throws IOException {
        DataStreamChannel body = begin(10);
        writer.flush();
        body.requestOutput();
        assertThat(writer.goOn()).isTrue();
        body.requestOutput();
        writer.flush();
        assertThat(connection.wantsRoom()).isTrue();
        assertThat(writer.goOn()).isTrue();
    }

    @Test
    void aBodyThatIsCutTakesNoMoreAndIsNeverComplete() throws IOException {
        DataStreamChannel body = begin(-1);
        writer.flush();
        body.write(bytes("hello"));
        writer.cut();
        assertThatThrownBy(() -> body.write(bytes("x"))).isInstanceOf(ConnectionClosedException.class);
        assertThatThrownBy(() -> body.endStream(List.of())).isInstanceOf(ConnectionClosedException.class);
        body.requestOutput();
        assertThat(connection.wantsRoom()).isFalse();
        assertThat(connection.sent()).isEqualTo(HEAD + "5\r\nhello\r\n");
        assertThat(writer.isComplete()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsOverCannotBeCut(boolean hasBody) throws IOException {
        DataStreamChannel body = writer.begin(head(), hasBody ? new BasicEntityDetails(-1, null) : null);
        if (body != null) {
            body.endStream(List.of());
        }
        writer.flush();
        writer.cut();
        assertThat(writer.isComplete()).isTrue();
    }

    /** RFC 9112 section 6.3: the target would take the missing bytes from the next request. */
    @Test
    void aBodyIsAsLongAsItSays() throws IOException {
        DataStreamChannel body = begin(5);
        writer.flush();
        assertThatThrownBy(() -> body.write(bytes("hello!"))).isInstanceOf(ConnectionClosedException.class);
        body.write(bytes("hell"));
        assertThatThrownBy(() -> body.endStream(List.of())).isInstanceOf(ConnectionClosedException.class);
        assertThat(writer.isComplete()).isFalse();
        assertThat(connection.sent()).isEqualTo(HEAD + "hell");
    }

    @Test
    void aFormerBodyHasNoPartInTheNextRequest() throws IOException {
        DataStreamChannel former = begin(0);
        former.endStream(List.of());
        writer.flush();
        DataStreamChannel next = begin(-1);
        assertThatThrownBy(() -> former.write(bytes("x"))).isInstanceOf(ConnectionClosedException.class);
        former.requestOutput();
        assertThat(connection.wantsRoom()).isFalse();
        next.endStream(List.of());
        writer.flush();
        assertThat(connection.sent()).isEqualTo(HEAD + HEAD + "0\r\n\r\n");
    }

    @Test
    void whoWritesIsToldThatTheConnectionIsBroken() throws IOException {
        DataStreamChannel body = begin(-1);
        connection.isBroken = true;
        assertThatThrownBy(writer::flush).hasMessage("reset");
        assertThatThrownBy(() -> body.write(bytes("x"))).hasMessage("reset");
    }

    /** A connection that takes only as many bytes as it has room for. */
    private static final class Connection {

        private final List<String> writes = new ArrayList<>();
        private int room = Integer.MAX_VALUE;
        private int events = SelectionKey.OP_READ;
        private boolean isBroken;
        private int signsOfLife;
        private @Nullable TlsDetails tls;

        private final ProtocolIOSession session = (ProtocolIOSession) Proxy.newProxyInstance(
                RequestWriterTest.class.getClassLoader(),
                new Class<?>[] {ProtocolIOSession.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "write" -> write((ByteBuffer) arguments[0]);
                    case "setEvent" -> events |= (int) arguments[0];
                    case "clearEvent" -> events &= ~(int) arguments[0];
                    case "updateWriteTime" -> signsOfLife++;
                    case "getTlsDetails" -> tls;
                    default -> null;
                });

        private int write(ByteBuffer bytes) throws IOException {
            if (isBroken) {
                throw new IOException("reset");
            }
            byte[] taken = new byte[Math.min(room, bytes.remaining())];
            bytes.get(taken);
            if (taken.length > 0) {
                writes.add(new String(taken, StandardCharsets.ISO_8859_1));
            }
            room -= taken.length;
            return taken.length;
        }

        boolean wantsRoom() {
            return (events & SelectionKey.OP_WRITE) != 0;
        }

        String sent() {
            return String.join("", writes);
        }
    }
}
