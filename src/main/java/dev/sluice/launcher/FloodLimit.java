package dev.sluice.launcher;

import java.time.Duration;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.PingFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RateControl;
import org.eclipse.jetty.io.WindowRateControl;
import org.eclipse.jetty.server.HttpStream;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection of HTTP/2 whose client sends too many frames that cost more than they are good for (RFC 9113 section
 * 10.5). By itself, Jetty counts some that honest clients send all the time, as Go's do. Used by the one thread at a time
 * that parses the connection.
 */
final class FloodLimit implements RateControl {

    /** Of what is counted; Jetty's own limit. */
    private static final int FRAMES_PER_SECOND = 128;

    /** More than the answer to a PING, and less than that and the smallest message of gRPC together. */
    private static final int BYTES_PER_PING = 24;

    /** So that a client cannot save up PINGs whose answers it would leave waiting here. */
    private static final int MAX_BYTES_SAVED = 1000 * BYTES_PER_PING;

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
    public boolean onEvent(Object frame) {
        return isHonest(frame) || counted.onEvent(frame);
    }

    private boolean isHonest(Object frame) {
        if (frame instanceof HeadersFrame) { // with a priority; there cannot be more of them than requests
            return true;
        }
        if (!(client.getConnection() instanceof HTTP2Connection connection)) {
            return false;
        }
        if (frame instanceof PingFrame) {
            return isPaid(connection.getBytesOut());
        }
        return frame instanceof ResetFrame reset
                && isLate(connection.getSession().getStream(reset.getStreamId()));
    }

    /**
     * Clients send PINGs to learn how much may be under way to them: one as soon as there is something, and the next once
     * that is answered.
     *
     * @param taken bytes that the client has taken so far
     */
    private boolean isPaid(long taken) {
        long next = Math.max(spent + BYTES_PER_PING, taken - MAX_BYTES_SAVED);
        boolean isPaid = next <= taken;
        if (isPaid) {
            spent = next;
        }
        return isPaid;
    }

    /**
     * Whether the client has waited for its response, unlike those who let targets work for nothing. Some clients reset a
     * stream once they have read as much as its Content-Length says, not having seen yet that it has ended.
     */
    private static boolean isLate(@Nullable Stream stream) {
        return stream == null
                || (((HTTP2Stream) stream).getAttachment() instanceof HttpStream response && response.isCommitted());
    }
}
