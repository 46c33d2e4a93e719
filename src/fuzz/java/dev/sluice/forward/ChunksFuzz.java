package dev.sluice.forward;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.BasicHttpTransportMetrics;
import org.apache.hc.core5.http.impl.nio.ChunkDecoder;
import org.apache.hc.core5.http.nio.ContentDecoder;
import org.apache.hc.core5.http.nio.SessionInputBuffer;

/** What our decoder of chunks takes for a whole body HttpCore's takes for the same, however it comes. */
public final class ChunksFuzz {

    private static final int MAX_LINE = 200;
    private static final Http1Config LIMITS = limits(MAX_LINE);
    private static final Http1Config WIDER_LIMITS = limits(2 * MAX_LINE); // each counts in a way of its own

    private ChunksFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        int room = data.consumeInt(1, 100);
        byte[] body = data.consumeRemainingAsBytes();
        String ours = read(new ChunkedDecoder(channel(body), buffer(), new BasicHttpTransportMetrics(), LIMITS), room);
        if (ours != null) {
            String theirs = read(
                    new ChunkDecoder(channel(body), buffer(), WIDER_LIMITS, new BasicHttpTransportMetrics()), 1_000);
            if (!ours.equals(theirs)) {
                throw new IllegalStateException(ours + " and " + theirs);
            }
        }
    }

    private static Http1Config limits(int maxLine) {
        return Http1Config.custom()
                .setMaxLineLength(maxLine)
                .setMaxHeaderCount(3)
                .build();
    }

    private static ReadableByteChannel channel(byte[] body) {
        return Channels.newChannel(new ByteArrayInputStream(body));
    }

    /** HttpCore's, which it gives to nobody. */
    private static SessionInputBuffer buffer() {
        try {
            var constructor = Class.forName("org.apache.hc.core5.http.impl.nio.SessionInputBufferImpl")
                    .getDeclaredConstructor(int.class, int.class, int.class);
            constructor.setAccessible(true);
            return (SessionInputBuffer) constructor.newInstance(16, 16, 2 * MAX_LINE);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Null if it is not whole. */
    private static String read(ContentDecoder decoder, int room) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        ByteBuffer destination = ByteBuffer.allocate(room);
        try {
            while (!decoder.isCompleted()) {
                decoder.read(destination);
                data.write(destination.array(), 0, destination.position());
                destination.clear();
            }
        } catch (IOException e) {
            return null;
        }
        return data + " " + decoder.getTrailers();
    }
}
