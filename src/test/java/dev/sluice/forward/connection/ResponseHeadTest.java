package dev.sluice.forward.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.forward.head.ResponseCheck;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParser;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.apache.hc.core5.http.message.LazyLaxLineParser;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseHeadTest {

    private static final String HEAD =
            "HTTP/1.1 200 Fine\r\nServer: x\r\nA :\t b: c \r\nSet-Cookie: d=\u00e9\nEmpty:\r\n\r\n";

    private static ByteBuffer buffer(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private static HttpResponse take(String head) throws ProtocolException {
        ByteBuffer bytes = buffer(head);
        return ResponseHead.take(bytes, ResponseHead.end(bytes, 0));
    }

    private static List<String> fields(HttpResponse head) {
        return Arrays.stream(head.getHeaders())
                .map(field -> field.getName() + "=" + field.getValue())
                .toList();
    }

    @Test
    void aHeadIsAStatusLineAndFields() throws ProtocolException {
        ByteBuffer bytes = buffer(HEAD + "body");
        HttpResponse head = ResponseHead.take(bytes, ResponseHead.end(bytes, 0));
        assertThat(head.getCode()).isEqualTo(200);
        assertThat(head.getReasonPhrase()).isEqualTo("Fine");
        assertThat(head.getVersion()).isEqualTo(HttpVersion.HTTP_1_1);
        assertThat(fields(head)).containsExactly("Server=x", "A=b: c", "Set-Cookie=d=\u00e9", "Empty=");
        assertThat(StandardCharsets.ISO_8859_1.decode(bytes).toString()).isEqualTo("body");
    }

    /** However much of it was searched before. */
    @Test
    void aHeadHasItsEndWhereItsEmptyLineIs() throws ProtocolException {
        for (String before : new String[] {"", "\r\n", "\n\r\n"}) {
            String text = before + HEAD;
            for (int known = 0; known < text.length(); known++) {
                ByteBuffer bytes = buffer(text + "HTTP/1.1 200 OK\r\n\r\n");
                for (int limit = known; limit < text.length(); limit++) {
                    assertThat(ResponseHead.end(bytes.limit(limit), known)).isEqualTo(-1);
                }
                assertThat(ResponseHead.end(bytes.limit(bytes.capacity()), known))
                        .isEqualTo(text.length());
            }
        }
    }

    /** Such as the greeting of another protocol, after which its server waits: no empty line ever comes. */
    @ParameterizedTest
    @ValueSource(strings = {"S", "SSH-2.0-OpenSSH_9\r\n", "\r\n220 ready", "HTTQ", "http/1.1"})
    void whatDoesNotBeginAsAHeadIsRefusedAtOnce(String begin) {
        assertThatThrownBy(() -> ResponseHead.end(buffer(begin), 0))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("status line");
    }

    @Test
    void aHeadMayBeginAnywhereInTheBuffer() throws ProtocolException {
        ByteBuffer bytes = buffer("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + HEAD);
        assertThat(ResponseHead.take(bytes, ResponseHead.end(bytes, 0)).getCode())
                .isEqualTo(103);
        HttpResponse answer = ResponseHead.take(bytes, ResponseHead.end(bytes, 0));
        assertThat(answer.getCode()).isEqualTo(200);
        assertThat(answer.getHeaders()).hasSize(4);
        assertThat(bytes.hasRemaining()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"HTTP/1.1 204,204,''", "HTTP/1.1 204 ,204,''", "HTTP/1.0 999 A  b,999,A  b", "HTTP/1.9 100 x,100,x"})
    void aReasonIsNotNeeded(String line, int status, String reason) throws ProtocolException {
        HttpResponse head = take(line + "\n\n");
        assertThat(head.getCode()).isEqualTo(status);
        assertThat(head.getReasonPhrase()).isEqualTo(reason);
        assertThat(head.getHeaders()).isEmpty();
    }

    /** RFC 9112 section 5.2. */
    @Test
    void aFoldBecomesSpaces() throws ProtocolException {
        HttpResponse head = take("HTTP/1.1 200 OK\r\nA: b\r\n\tc\n d \r\nB: e\r\n \r\n\r\n");
        assertThat(fields(head)).containsExactly("A=b  \tc  d", "B=e");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hello\r\n\r\n",
                "ICY 200 OK\r\n\r\n",
                "http/1.1 200 OK\r\n\r\n",
                "HTTP/1.1\r\n\r\n",
                "HTTP/1.1 20\r\n\r\n",
                "HTTP/1.1 20x OK\r\n\r\n",
                "HTTP/1.1 2000 OK\r\n\r\n",
                "HTTP/1.1 099 OK\r\n\r\n",
                "HTTP/1.1 200OK\r\n\r\n",
                "HTTP/1,1 200 OK\r\n\r\n",
                "HTTP/1.x 200 OK\r\n\r\n",
                "HTTP/2.0 200 OK\r\n\r\n",
                "HTTP/0.9 200 OK\r\n\r\n",
                "HTTP/11.1 200 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nno field\r\n\r\n",
                "HTTP/1.1 200 OK\r\n: nothing\r\n\r\n",
                "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\tA: b\r\n\r\n"
            })
    void whatIsNoHeadIsRefused(String head) {
        assertThatThrownBy(() -> take(head)).isInstanceOf(ProtocolException.class);
    }

    /**
     * Methods are case-sensitive: a target answers {@code head} like any other method, with a body. That body used to
     * be taken for the next response.
     */
    @ParameterizedTest
    @CsvSource({
        "GET, 200, true", "HEAD, 200, false", "head, 200, true", "Head, 404, true", "connect, 200, true",
        "GET, 204, false", "GET, 304, false", "GET, 205, true", "POST, 500, true", "GET, 103, false"
    })
    void aBodyDependsOnTheMethodAndTheStatus(String method, int status, boolean hasBody) {
        assertThat(ResponseHead.hasBody(method, status)).isEqualTo(hasBody);
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP/1.1, 200, Content-Length: 1, true",
        "HTTP/1.1, 200, Content-Length: 0|Connection: Keep-Alive, true",
        "HTTP/1.1, 200, Transfer-Encoding: chunked, true",
        "HTTP/1.1, 200, Content-Length: 1|Connection: x, true",
        "HTTP/1.1, 204, X: y, true",
        "HTTP/1.1, 304, Content-Length: 7, true",
        "HTTP/1.1, 204, Content-Length: 0, true",
        "HTTP/1.0, 200, Content-Length: 1|Connection: keep-alive, true",
        "HTTP/1.0, 200, Content-Length: 1|Connection: x, false",
        "HTTP/1.0, 200, Content-Length: 1, false",
        "HTTP/1.0, 200, Transfer-Encoding: chunked|Connection: keep-alive, false",
        "HTTP/1.1, 200, X: y, false",
        "HTTP/1.1, 200, Content-Length: 1|Connection: close, false",
        "HTTP/1.1, 200, 'Content-Length: 1|Connection: x|Connection: keep-alive , Close', false",
        "HTTP/1.1, 200, Content-Length: 1|Content-Length: 1, false",
        "HTTP/1.1, 200, Content-Length: 1|Transfer-Encoding: chunked, false",
        "HTTP/1.1, 204, Content-Length: 1, false",
        "HTTP/1.1, 204, Transfer-Encoding: chunked, false"
    })
    void aConnectionIsKeptWhereItsTargetKeepsItAndTheEndIsBeyondDoubt(
            String version, int status, String fields, boolean keeps) throws ProtocolException {
        HttpResponse head = take(version + " " + status + "\r\n" + fields.replace("|", "\r\n") + "\r\n\r\n");
        assertThat(ResponseHead.keepsConnection(head, ResponseHead.hasBody("GET", status)))
                .isEqualTo(keeps);
    }

    @Test
    void thereAreSoManyFieldsAtMost() throws ProtocolException {
        String field = "A: b\r\n";
        assertThat(take("HTTP/1.1 200 OK\r\n" + field.repeat(500) + "\r\n").getHeaders())
                .hasSize(500);
        assertThatThrownBy(() -> take("HTTP/1.1 200 OK\r\n" + field.repeat(501) + "\r\n"))
                .hasMessageContaining("500 fields");
    }

    @Test
    void thereAreSoManyEmptyLinesAtMost() throws ProtocolException {
        assertThat(take("\r\n".repeat(10) + HEAD).getCode()).isEqualTo(200);
        assertThatThrownBy(() -> ResponseHead.end(buffer("\r\n".repeat(11)), 0)).hasMessageContaining("empty lines");
    }

    /** Our parser accepts nothing that HttpCore would refuse or read differently. */
    @Test
    void httpCoreReadsTheSame() throws IOException, HttpException {
        Random random = new Random(17);
        String bytes = "\r\n\r\n \t:01HTP/.xX\0\u00ff\r";
        int taken = 0;
        for (int i = 0; i < 50_000; i++) {
            StringBuilder head = new StringBuilder("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length:  17 \r\n\r\n");
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                int at = random.nextInt(head.length() - 4);
                String other = bytes.substring(random.nextInt(bytes.length()));
                head.replace(at, at + random.nextInt(2), other.substring(0, random.nextInt(2)));
            }
            ByteBuffer both = buffer(head.append("body").toString());
            HttpResponse ours = takenOrNull(both);
            if (ours != null) {
                SessionInputBufferImpl behind = new SessionInputBufferImpl(1_000);
                HttpResponse theirs = readByHttpCore(behind, head.toString());
                assertThat(ours.getCode()).as("%s", List.of(head)).isEqualTo(theirs.getCode());
                assertThat(comparable(ours)).as("%s", List.of(head)).isEqualTo(comparable(theirs));
                assertThat(both.remaining()).as("%s", List.of(head)).isEqualTo(behind.length());
                taken++;
            }
        }
        assertThat(taken).isGreaterThan(10_000);
    }

    private static @Nullable HttpResponse takenOrNull(ByteBuffer bytes) {
        try {
            HttpResponse ours = ResponseHead.take(bytes, ResponseHead.end(bytes, 0));
            ResponseCheck.check(ours);
            return ours;
        } catch (ProtocolException e) {
            return null;
        }
    }

    private static HttpResponse readByHttpCore(SessionInputBufferImpl buffer, String head)
            throws IOException, HttpException {
        return new DefaultHttpResponseParser(null, LazyLaxLineParser.INSTANCE, null)
                .parse(buffer, new ByteArrayInputStream(head.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** The fields, each run of blanks as one space: the parsers differ in the spaces that they put for a fold. */
    private static List<String> comparable(HttpResponse head) {
        return fields(head).stream()
                .map(field -> field.replaceAll("[ \t]+", " "))
                .toList();
    }
}
