package dev.sluice.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.BasicHttpTransportMetrics;
import org.apache.hc.core5.http.impl.nio.ChunkDecoder;
import org.apache.hc.core5.http.nio.ContentDecoder;
import org.apache.hc.core5.http.nio.SessionInputBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkedDecoderTest {

    private static final int SESSION_BUFFER = 64;
    private static final Http1Config LIMITS =
            Http1Config.custom().setMaxLineLength(100).setMaxHeaderCount(3).build();

    private static final String DATA = "x" + "hello, ".repeat(40) + "the end";
    private static final String BODY = "1\r\nx\r\n118 ;name=\"value\"\r\n" + "hello, ".repeat(40)
            + "\r\n07\nthe end\n0\r\nChecksum: 17\r\nOther: 18\r\n\r\n";

    /** Gives out a text in pieces, and then either nothing more or its end. */
    private static final class Pieces implements ReadableByteChannel {

        private final ByteBuffer text;
        private final int length;
        private final boolean ends;

        Pieces(String text, int length, boolean ends) {
            this.text = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
            this.length = length;
            this.ends = ends;
        }

        @Override
        public int read(ByteBuffer destination) {
            if (!text.hasRemaining()) {
                return ends ? -1 : 0;
            }
            int next = Math.min(length, Math.min(text.remaining(), destination.remaining()));
            destination.put(text.slice(text.position(), next));
            text.position(text.position() + next);
            return next;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // it holds nothing
        }
    }

    private static SessionInputBuffer sessionBuffer() {
        try {
            Constructor<?> constructor = Class.forName("org.apache.hc.core5.http.impl.nio.SessionInputBufferImpl")
                    .getDeclaredConstructor(int.class, int.class, int.class);
            constructor.setAccessible(true);
            return (SessionInputBuffer)
                    constructor.newInstance(SESSION_BUFFER, SESSION_BUFFER, LIMITS.getMaxLineLength());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What comes of a body: the data, and whether it was whole, began to wait, or was refused. */
    private record Outcome(
            String data, boolean whole, @Nullable IOException failure) {}

    private static Outcome read(ContentDecoder decoder, Pieces pieces, int room) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        ByteBuffer destination = ByteBuffer.allocateDirect(room);
        IOException failure = null;
        boolean waits = false;
        while (!decoder.isCompleted() && failure == null && !waits) {
            int before = pieces.text.remaining();
            int length = 0;
            try {
                length = decoder.read(destination);
            } catch (IOException e) {
                failure = e;
            }
            assertThat(failure != null || length == destination.position()).isTrue();
            waits = length == 0 && before == 0 && !pieces.ends;
            destination.flip();
            while (destination.hasRemaining()) {
                data.write(destination.get());
            }
            destination.clear();
        }
        return new Outcome(data.toString(StandardCharsets.ISO_8859_1), decoder.isCompleted(), failure);
    }

    private static ChunkedDecoder decoder(Pieces pieces, SessionInputBuffer buffer) {
        return new ChunkedDecoder(pieces, buffer, new BasicHttpTransportMetrics(), LIMITS);
    }

    private static Outcome read(String body) {
        Pieces pieces = new Pieces(body, Integer.MAX_VALUE, true);
        return read(decoder(pieces, sessionBuffer()), pieces, 1_000);
    }

    @Test
    void theDataIsTheSameHoweverItComes() throws IOException {
        for (int length = 1; length <= BODY.length(); length++) {
            for (int room : new int[] {1, 2, 3, 10, 1_000}) {
                for (boolean beginsInTheBuffer : new boolean[] {false, true}) {
                    Pieces pieces = new Pieces(BODY, length, false);
                    SessionInputBuffer buffer = sessionBuffer();
                    if (beginsInTheBuffer) {
                        buffer.fill(pieces);
                    }
                    ChunkedDecoder decoder = decoder(pieces, buffer);
                    Outcome outcome = read(decoder, pieces, room);
                    assertThat(outcome)
                            .as("in pieces of %d with room for %d", length, room)
                            .isEqualTo(new Outcome(DATA, true, null));
                    assertThat(decoder.getTrailers())
                            .extracting(Header::toString)
                            .containsExactly("Checksum: 17", "Other: 18");
                    assertThat(decoder.read(ByteBuffer.allocate(1))).isEqualTo(-1);
                }
            }
        }
    }

    /** It is not a part of the answer, and HttpCore looks for it there. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, SESSION_BUFFER, 10 * SESSION_BUFFER})
    void whatComesBehindTheBodyIsLeft(int length) {
        Pieces pieces = new Pieces("3\r\nabc\r\n0\r\n\r\n" + "y".repeat(length), Integer.MAX_VALUE, false);
        SessionInputBuffer buffer = sessionBuffer();
        assertThat(read(decoder(pieces, buffer), pieces, 1_000)).isEqualTo(new Outcome("abc", true, null));
        ByteBuffer left = ByteBuffer.allocate(1_000);
        buffer.read(left);
        assertThat(new String(left.array(), 0, left.position(), StandardCharsets.ISO_8859_1))
                .isEqualTo("y".repeat(length));
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
    void aBodyThatIsCutOffBehindItsLastChunkIsWholeWithoutTrailers() {
        int last = BODY.indexOf("0\r\nChecksum") + 3;
        for (int length = last; length < BODY.length(); length++) {
            Pieces pieces = new Pieces(BODY.substring(0, length), Integer.MAX_VALUE, true);
            ChunkedDecoder decoder = decoder(pieces, sessionBuffer());
            assertThat(read(decoder, pieces, 1_000)).isEqualTo(new Outcome(DATA, true, null));
            assertThat(decoder.getTrailers()).isNull();
        }
    }

    /** As it was read together with a long head. */
    @Test
    void allOfItMayBeInTheBufferAlready() throws IOException {
        for (int room = 1; room <= BODY.length(); room++) {
            Pieces pieces = new Pieces(BODY + "behind", Integer.MAX_VALUE, false);
            SessionInputBuffer buffer = sessionBuffer();
            while (pieces.text.hasRemaining()) {
                buffer.fill(pieces);
            }
            ChunkedDecoder decoder = decoder(pieces, buffer);
            ByteBuffer destination = ByteBuffer.allocate(room);
            StringBuilder data = new StringBuilder();
            while (!decoder.isCompleted()) {
                assertThat(decoder.read(destination) > 0 || decoder.isCompleted())
                        .as("it goes on, with room for %d", room)
                        .isTrue();
                data.append(StandardCharsets.ISO_8859_1.decode(destination.flip()));
                destination.clear();
            }
            assertThat(data).hasToString(DATA);
            assertThat(decoder.getTrailers()).hasSize(2);
            assertThat(buffer.length()).isEqualTo("behind".length());
        }
    }

    @Test
    void whatCameBeforeAFaultIsThere() {
        Outcome outcome = read("5\r\nhello\r\n2\r\nxyz");
        assertThat(outcome.data()).isEqualTo("helloxy");
        assertThat(outcome.failure()).hasMessageContaining("longer than it says");
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

    /** Ours takes nothing that HttpCore would not, or would take for something else. */
    @Test
    void httpCoreReadsTheSame() {
        Random random = new Random(17);
        String bytes = "\r\n\r\n 0123456789abcdefABCDEF;:\t-+xX=\"\0\u00ff";
        int taken = 0;
        for (int i = 0; i < 50_000; i++) {
            StringBuilder body = new StringBuilder("3\r\nabc\r\nA;x\r\n0123456789\r\n0\r\nA: b\r\n\r\n");
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                int at = random.nextInt(body.length());
                String other = bytes.substring(random.nextInt(bytes.length()));
                body.replace(at, at + random.nextInt(2), other.substring(0, random.nextInt(2)));
            }
            Outcome ours = read(body.toString());
            if (ours.failure() == null) {
                Pieces pieces = new Pieces(body.toString(), Integer.MAX_VALUE, true);
                ChunkDecoder theirs =
                        new ChunkDecoder(pieces, sessionBuffer(), LIMITS, new BasicHttpTransportMetrics());
                assertThat(read(theirs, pieces, 1_000)).as("%s", List.of(body)).isEqualTo(ours);
                taken++;
            }
        }
        assertThat(taken).isGreaterThan(10_000);
    }
}
