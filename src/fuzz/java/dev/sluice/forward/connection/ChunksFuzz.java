package dev.sluice.forward.connection;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;

/** Checks that HttpCore reads whatever we accept as a complete chunked body as the same, however it arrives. */
public final class ChunksFuzz {

    private static final int MAX_LINE = 200;
    private static final int MAX_TRAILERS = 3;
    private static final Http1Config WIDER_LIMITS = Http1Config.custom() // the two count differently
            .setMaxLineLength(2 * MAX_LINE)
            .setMaxHeaderCount(MAX_TRAILERS + 1)
            .build();

    private ChunksFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        int length = data.consumeInt(1, 100);
        byte[] body = data.consumeRemainingAsBytes();
        String ours = read(body, length);
        if (ours != null) {
            String theirs = readByHttpCore(body);
            if (!ours.equals(theirs)) {
                throw new IllegalStateException(ours + " and " + theirs);
            }
        }
    }

    /** The data and the trailers; null if the body is refused or incomplete. */
    private static String read(byte[] body, int length) {
        Chunks chunks = new Chunks(MAX_LINE, MAX_TRAILERS);
        StringBuilder data = new StringBuilder();
        try {
            for (int begin = 0; begin < body.length && !chunks.isWhole(); begin += length) {
                byte[] piece = Arrays.copyOfRange(body, begin, Math.min(body.length, begin + length));
                ByteBuffer bytes = ByteBuffer.wrap(piece);
                chunks.strip(bytes);
                data.append(StandardCharsets.ISO_8859_1.decode(bytes));
            }
        } catch (IOException e) {
            return null;
        }
        return chunks.isWhole() ? data + " " + chunks.trailers() : null;
    }

    private static String readByHttpCore(byte[] body) {
        try (ChunkedInputStream data = new ChunkedInputStream(
                new SessionInputBufferImpl(1_000), new ByteArrayInputStream(body), WIDER_LIMITS)) {
            String text = new String(data.readAllBytes(), StandardCharsets.ISO_8859_1);
            Header[] trailers = data.getFooters();
            return text + " " + (trailers == null ? List.of() : List.of(trailers));
        } catch (IOException e) {
            return null;
        }
    }
}
