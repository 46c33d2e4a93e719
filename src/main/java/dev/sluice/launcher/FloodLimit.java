package dev.sluice.launcher;

import java.time.Duration;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.PingFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.frames.WindowUpdateFrame;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RateControl;
import org.eclipse.jetty.io.WindowRateControl;
import org.eclipse.jetty.server.HttpStream;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection of HTTP/2 whose client makes it exchange too many frames that cost more than they are good for (RFC
 * 9113 section 10.5). By itself, Jetty counts some that honest clients send all the time, as Go's do. Safe for use by many
 * threads: Jetty also asks before it resets a stream by itself.
 */
final class FloodLimit implements RateControl {

    /** Of what is counted; Jetty's own limit. */
    private static final int FRAMES_PER_SECOND = 128;

    // What a client has to have taken for a frame not to count, in bytes: more than what answers that, for nobody is to
    // pay with the answers to what has to be paid.

    private static final int PRICE_OF_PING = 18;
    private static final int PRICE_OF_RESET = 14;

    /** So that a client cannot save up frames whose answers it would leave waiting here. */
    private static final int MAX_SAVED = 1000 * PRICE_OF_PING;

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
        return isLate(frame) || isPaid(frame) || counted.onEvent(frame);
    }

    /**
     * Whether it is of a stream that has ended, as its client could not know yet: the rest of a request that has been
     * answered, or room for more of a response that was under way. It costs what it costs while a stream is open, and is
     * not answered. Jetty counts those, but also what moves nothing while a stream is open.
     */
    private static boolean isLate(Object frame) {
        return (frame instanceof DataFrame data && (data.remaining() > 0 || data.isEndStream()))
                || (frame instanceof WindowUpdateFrame update && update.getWindowDelta() > 0);
    }

    /**
     * Clients send PINGs to learn how much may be under way to them: one as soon as there is something, and the next once
     * that is answered. A stream may be reset once its response has begun, by either side: unlike those who let targets
     * work for nothing, its client has waited for it. Some clients do so once they have read as much as its
     * Content-Length says, not having seen yet that it has ended.
     */
    private boolean isPaid(Object frame) {
        if (!(client.getConnection() instanceof HTTP2Connection connection)) {
            return false;
        }
        if (frame instanceof ResetFrame reset) {
            return hasBegun(connection.getSession().getStream(reset.getStreamId()))
                    && isPaid(PRICE_OF_RESET, connection.getBytesOut());
        }
        return frame instanceof PingFrame && isPaid(PRICE_OF_PING, connection.getBytesOut());
    }

    /** @param stream null if it has ended */
    private static boolean hasBegun(@Nullable Stream stream) {
        return stream == null
                || ((HTTP2Stream) stream).isLocallyClosed()
                || (((HTTP2Stream) stream).getAttachment() instanceof HttpStream response && response.isCommitted());
    }

    /** @param taken bytes that the client has taken so far */
    private boolean isPaid(int price, long taken) {
        long next = Math.max(spent + price, taken - MAX_SAVED);
        boolean isPaid = next <= taken;
        if (isPaid) {
            spent = next;
        }
        return isPaid;
    }
}
