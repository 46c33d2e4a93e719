package dev.sluice.launcher;

import java.time.Duration;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.frames.PingFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RateControl;
import org.eclipse.jetty.io.WindowRateControl;

/**
 * Ends a connection of HTTP/2 whose client makes it exchange too many frames that cost more than they are good for (RFC
 * 9113 section 10.5). By itself, Jetty counts some that honest clients send all the time, as Go's do. Safe for use by many
 * threads: Jetty also asks before it resets a stream by itself.
 */
final class FloodLimit implements RateControl {

    /** Of what is counted; Jetty's own limit. */
    private static final int FRAMES_PER_SECOND = 128;

    /** More than the answer to a PING or a reset, and less than that and the smallest message of gRPC together. */
    private static final int BYTES_PER_FRAME = 24;

    /** So that a client cannot save up frames whose answers it would leave waiting here. */
    private static final int MAX_BYTES_SAVED = 1000 * BYTES_PER_FRAME;

    private final EndPoint client;
    private final RateControl counted = new WindowRateControl(FRAMES_PER_SECOND, Duration.ofSeconds(1));
    private long spent; // of the bytes that the client has taken

    private FloodLimit(EndPoint client) {
        this.client = client;
    }

    /** Makes one for each connection. */
    static final class Factory implements RateControl.Factory {
        @Override
        public RateControl newRateControl(EndPoint endPoint) {
            return new FloodLimit(endPoint);
        }
    }

    /** Returns false if the connection is to end. */
    @Override
    public synchronized boolean onEvent(Object frame) {
        return isHonest(frame) || counted.onEvent(frame);
    }

    /**
     * Clients send PINGs to learn how much may be under way to them: one as soon as there is something, and the next once
     * that is answered. Some also reset a stream once they have read as much as its Content-Length says, not having seen
     * yet that it has ended: unlike those who let targets work for nothing, they have waited for the response.
     */
    private boolean isHonest(Object frame) {
        return client.getConnection() instanceof HTTP2Connection connection
                && (frame instanceof PingFrame
                        || (frame instanceof ResetFrame reset && isAnswered(reset, connection.getSession())))
                && isPaid(connection.getBytesOut());
    }

    private static boolean isAnswered(ResetFrame reset, HTTP2Session session) {
        Stream stream = session.getStream(reset.getStreamId());
        return stream == null || ((HTTP2Stream) stream).isLocallyClosed();
    }

    /** @param taken bytes that the client has taken so far */
    private boolean isPaid(long taken) {
        long next = Math.max(spent + BYTES_PER_FRAME, taken - MAX_BYTES_SAVED);
        boolean isPaid = next <= taken;
        if (isPaid) {
            spent = next;
        }
        return isPaid;
    }
}
