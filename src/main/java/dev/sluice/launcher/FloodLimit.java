package dev.sluice.launcher;

import java.time.Duration;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.PingFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.frames.WindowUpdateFrame;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RateControl;
import org.eclipse.jetty.io.WindowRateControl;
import org.eclipse.jetty.server.HttpStream;

/**
 * Ends a connection of HTTP/2 whose client makes it exchange too many frames that cost more than they are good for (RFC
 * 9113 section 10.5). By itself, Jetty counts some that honest clients send all the time, as Go's do. Safe for use by many
 * threads: Jetty also asks before it resets a stream by itself.
 */
final class FloodLimit implements RateControl {

    /** Of what is counted; Jetty's own limit. */
    private static final int FRAMES_PER_SECOND = 128;

    /** Of streams whose response has begun and not ended: each costs a connection to a target. */
    private static final int RESETS_PER_SECOND = 1000;

    // What a client has to have taken for a frame not to count, in bytes: more than what answers that, for nobody is to
    // pay with the answers to what has to be paid.

    private static final int PRICE_OF_PING = 18;
    private static final int PRICE_OF_RESET = 14;

    /** So that a client cannot save up frames whose answers it would leave waiting here. */
    private static final int MAX_SAVED = 1000 * PRICE_OF_PING;

    /** Streams of whose requests something may still be on its way. */
    private static final int MAX_RESET = 128;

    private final EndPoint client;
    private final int window;
    private final RateControl counted = perSecond(FRAMES_PER_SECOND);
    private final RateControl resets = perSecond(RESETS_PER_SECOND);
    private long spent; // of the bytes that the client has taken
    private long late; // bytes that may still come for streams that were reset here

    private FloodLimit(EndPoint client, int window) {
        this.client = client;
        this.window = window;
    }

    private static RateControl perSecond(int events) {
        return new WindowRateControl(events, Duration.ofSeconds(1));
    }

    /**
     * Makes one for each connection.
     *
     * @param window bytes of a request that its client may send before the first of them is read
     */
    record Factory(int window) implements RateControl.Factory {
        @Override
        public RateControl newRateControl(EndPoint endPoint) {
            return new FloodLimit(endPoint, window);
        }
    }

    /** Returns false if the connection is to end. */
    @Override
    public synchronized boolean onEvent(Object frame) {
        return isHonest(frame) || counted.onEvent(frame);
    }

    /**
     * Some come late, for a stream that has ended, as the client could not know yet: the rest of a request, and room for
     * more of a response. Jetty counts these, but also what moves nothing while a stream is open. Clients send PINGs to
     * learn how much may be under way to them: one as soon as there is something, and the next once that is answered.
     */
    private boolean isHonest(Object frame) {
        if (frame instanceof WindowUpdateFrame update) {
            return update.getWindowDelta() > 0;
        }
        if (frame instanceof DataFrame data) {
            return (data.remaining() > 0 || data.isEndStream()) && isExpected(1 + data.flowControlLength());
        }
        return client.getConnection() instanceof HTTP2Connection connection
                && (frame instanceof ResetFrame reset
                        ? isHonest(reset, connection)
                        : frame instanceof PingFrame && isPaid(PRICE_OF_PING, connection.getBytesOut()));
    }

    private boolean isExpected(int bytes) {
        boolean isExpected = bytes <= late;
        if (isExpected) {
            late -= bytes;
        }
        return isExpected;
    }

    /**
     * A stream may be reset once its response has begun, by either side: unlike those who let targets work for nothing,
     * its client has waited for it. Some clients do so once they have read as much as its Content-Length says, not having
     * seen yet that it has ended.
     */
    private boolean isHonest(ResetFrame reset, HTTP2Connection connection) {
        HTTP2Stream stream = connection.getSession().getStream(reset.getStreamId());
        boolean isOurs = stream != null && stream.isReset();
        if (isOurs) {
            late = Math.min(late + window, (long) MAX_RESET * window);
        }
        if (stream == null || stream.isLocallyClosed()) {
            return isPaid(PRICE_OF_RESET, connection.getBytesOut());
        }
        return stream.getAttachment() instanceof HttpStream response
                && response.isCommitted()
                && resets.onEvent(reset)
                && (!isOurs || isPaid(PRICE_OF_RESET, connection.getBytesOut())); // nothing answers a client's
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
