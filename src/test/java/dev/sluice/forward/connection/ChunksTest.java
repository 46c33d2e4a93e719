package dev.sluice.forward.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunksTest {

    private static final int BEHIND = 17;
    private static final int MAX_LINE = 100;
    private static final int MAX_TRAILERS = 3;
    private static final Http1Config LIMITS = Http1Config.custom()
            .setMaxLineLength(MAX_LINE)
            .setMaxHeaderCount(MAX_TRAILERS + 1)
            .build();

    private static final String DATA = "x" + "hello, ".repeat(40) + "the end";
    private static final String BODY = "1 \t\r\nx\r\n118 ;name=\"value\"\r\n" + "hello, ".repeat(40)
            + "\r\n07\nthe end\n0\r\nChecksum: 17\r\nOther: 18\r\n\r\n";

    /** The result of reading a body: its data, whether it was complete, and why it was refused; null if it was not. */
    private record Outcome(
            String data, boolean whole, @Nullable IOException failure) {}

    private static Chunks chunks() {
        return new Chunks(MAX_LINE, MAX_TRAILERS);
    }

    /** @param length of the pieces in which the body arrives */
    private static Outcome read(Chunks chunks, String body, int length) {
        StringBuilder data = new StringBuilder();
        IOException failure = null;
        for (int begin = 0; begin < body.length() && failure == null && !chunks.isWhole(); begin += length) {
            String piece = body.substring(begin, Math.min(body.length(), begin + length));
            ByteBuffer bytes = buffer(piece);
            try {
                chunks.strip(bytes);
            } catch (IOException e) {
                failure = e;
            }
            data.append(StandardCharsets.ISO_8859_1.decode(bytes));
        }
        return new Outcome(data.toString(), chunks.isWhole(), failure);
    }

    /** The piece behind other bytes, as a body is behind a head. */
    private static ByteBuffer buffer(String piece) {
        return ByteBuffer.allocateDirect(BEHIND + piece.length())
                .position(BEHIND)
                .put(piece.getBytes(StandardCharsets.ISO_8859_1))
                .flip()
                .position(BEHIND);
    }

    /** Reads a body in one piece, after which the connection ends. */
    private static Outcome read(String body) {
        Chunks chunks = chunks();
        Outcome outcome = read(chunks, body, body.length() + 1);
        if (outcome.failure() != null || outcome.whole()) {
            return outcome;
        }
        try {
            chunks.end();
            return new Outcome(outcome.data(), chunks.isWhole(), null);
        } catch (IOException e) {
            return new Outcome(outcome.data(), chunks.isWhole(), e);
        }
    }

    @Test
    void theDataIsTheSameHoweverItComes() {
        for (int length = 1; length <= BODY.length(); length++) {
            Chunks chunks = chunks();
            assertThat(read(chunks, BODY, length))
                    .as("in pieces of %d", length)
                    .isEqualTo(new Outcome(DATA, true, null));
            assertThat(chunks.trailers()).extracting(Header::toString).containsExactly("Checksum: 17", "Other: 18");
        }
    }

    /** Those bytes are not part of the response. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 1_000})
    void whatComesBehindTheBodyIsCounted(int length) throws IOException {
        ByteBuffer bytes = buffer("3\r\nabc\r\n0\r\n\r\n" + "y".repeat(length));
        assertThat(chunks().strip(bytes)).isEqualTo(length);
        assertThat(StandardCharsets.ISO_8859_1.decode(bytes).toString()).isEqualTo("abc");
    }

    @Test
    void aBodyThatIsCutOffBeforeItsLastChunkIsNotWhole() {
        int last = BODY.indexOf("0\r\nChecksum") + 3;
        for (int length = 0; length < last; length++) {
            Outcome outcome = read(BODY.substring(0, length));
            assertThat(outcome.failure()).as("after %d bytes", length).isInstanceOf(ConnectionClosedException.class);
            assertThat(DATA).startsWith(outcome.data());
        }
    }

    /** RFC 9112 section 8. */
    @Test
    void aBodyThatIsCutOffBehindItsLastChunkIsWholeWithoutTrailers() throws IOException {
        int last = BODY.indexOf("0\r\nChecksum") + 3;
        for (int length = last; length < BODY.length(); length++) {
            Chunks chunks = chunks();
            assertThat(read(chunks, BODY.substring(0, length), BODY.length()))
                    .isEqualTo(new Outcome(DATA, false, null));
            chunks.end();
            assertThat(chunks.isWhole()).isTrue();
            assertThat(chunks.trailers()).isEmpty();
        }
    }

    @Test
    void whatCameBeforeAFaultIsThere() {
        Outcome outcome = read("5\r\nhello\r\n2\r\nxyz");
        assertThat(outcome.data()).isEqualTo("helloxy");
        assertThat(outcome.failure()).hasMessageContaining("longer than its size");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\n\r\n",
                "\r\nhello\r\n0\r\n\r\n",
                "-5\r\nhello\r\n0\r\n\r\n",
                "+5\r\nhello\r\n0\r\n\r\n",
                " 5\r\nhello\r\n0\r\n\r\n",
                "0x5\r\nhello\r\n0\r\n\r\n",
                "5 5\r\nhello\r\n0\r\n\r\n",
                "5,\r\nhello\r\n0\r\n\r\n",
                "8000000000000000\r\nhello\r\n0\r\n\r\n",
                "10000000000000005\r\nhello\r\n0\r\n\r\n",
                "5\r\nhello0\r\n\r\n",
                "5\r\nhello\r\r\n0\r\n\r\n",
                "5\r\nhello\r\n\r\n0\r\n\r\n",
                "5\r\nhello\r\n;\r\n\r\n",
                "0\r\nno field\r\n\r\n",
                "0\r\nA: 1\r\n B: 2\r\n\r\n",
                "0\r\n\tA: 1\r\n\r\n",
                "0\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n"
            })
    void whatIsNotChunkedIsRefused(String body) {
        assertThatThrownBy(() -> {
                    IOException failure = read(body).failure();
                    throw failure == null ? new AssertionError("it was taken") : failure;
                })
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(ConnectionClosedException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "5;", "5 ", "5;a=\r"})
    void aLineHasAnEnd(String begin) {
        String line = begin + begin.substring(begin.length() - 1).repeat(1_000);
        assertThat(read(line).failure()).hasMessageContaining("too long");
    }

    @Test
    void allTrailersTogetherMayBeSoLong() {
        assertThat(read("0\r\nA: " + "x".repeat(MAX_LINE / 2) + "\r\nB: " + "x".repeat(MAX_LINE / 2) + "\r\n\r\n")
                        .failure())
                .hasMessageContaining("too long");
    }

    /** Our parser accepts nothing that HttpCore would refuse or read differently. */
    @Test
    void httpCoreReadsTheSame() throws IOException {
        Random random = new Random(17);
        String other = "\r\n\r\n 0123456789abcdefABCDEF;:\t-+xX=\"\0\u00ff";
        int taken = 0;
        for (int i = 0; i < 50_000; i++) {
            StringBuilder body = new StringBuilder("3\r\nabc\r\nA;x\r\n0123456789\r\n0\r\nA: b\r\n\r\n");
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                int at = random.nextInt(body.length());
                String inserted = other.substring(random.nextInt(other.length()));
                body.replace(at, at + random.nextInt(2), inserted.substring(0, random.nextInt(2)));
            }
            body.append("behind");
            Chunks ours = chunks();
            ByteBuffer bytes = buffer(body.toString());
            int behind = stripped(ours, bytes);
            if (ours.isWhole()) {
                SessionInputBufferImpl theirs = new SessionInputBufferImpl(1_000);
                assertThat(readByHttpCore(theirs, body.toString()))
                        .as("%s", List.of(body))
                        .isEqualTo(StandardCharsets.ISO_8859_1.decode(bytes).toString());
                assertThat(theirs.length()).as("%s", List.of(body)).isEqualTo(behind);
                taken++;
            }
        }
        assertThat(taken).isGreaterThan(10_000);
    }

    private static int stripped(Chunks chunks, ByteBuffer bytes) {
        try {
            return chunks.strip(bytes);
        } catch (IOException e) {
            return 0;
        }
    }

    private static String readByHttpCore(SessionInputBufferImpl buffer, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
        InputStream data = new ChunkedInputStream(buffer, new ByteArrayInputStream(bytes), LIMITS);
        return new String(data.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
}
