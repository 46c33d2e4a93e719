package dev.sluice.forward.connection;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpConnection;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.RequestNotExecutedException;
import org.apache.hc.core5.http.config.CharCodingConfig;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.protocol.HttpProcessorBuilder;
import org.apache.hc.core5.http2.H2Error;
import org.apache.hc.core5.http2.H2StreamResetException;
import org.apache.hc.core5.http2.config.H2Config;
import org.apache.hc.core5.http2.frame.DefaultFrameFactory;
import org.apache.hc.core5.http2.frame.FrameFlag;
import org.apache.hc.core5.http2.frame.FrameType;
import org.apache.hc.core5.http2.frame.RawFrame;
import org.apache.hc.core5.http2.impl.nio.ClientH2IOEventHandler;
import org.apache.hc.core5.http2.impl.nio.ClientH2StreamMultiplexer;
import org.apache.hc.core5.http2.impl.nio.H2StreamListener;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 on one connection to a target, which carries one request at a time. The protocol is HttpCore's, with these
 * differences. This class reports what a stream does not know: whether the target has refused it, and whether it was
 * silent for too long, however many frames of others (PING) came meanwhile. And a window opens to its full size, padding
 * included, once the connection has been read as far as possible, so that one fast response does not monopolise a
 * reactor thread. Runs on the connection's reactor thread; only the window may be opened, and the time-out restarted,
 * from any thread.
 */
final class Http2 extends ClientH2IOEventHandler implements TargetProtocol {

    /** RFC 9113 section 3.4. */
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /**
     * Bytes. The initial value (RFC 9113 section 6.9.2), which needs no setting and so holds from the first stream on.
     */
    private static final int WINDOW = 65_535;

    private static final int MAX_FRAME = 16 * 1024;
    private static final int MAX_HEADER_LIST = 64 * 1024;
    private static final int MAX_CONTINUATIONS = 8;

    private static final H2Config CONFIG = H2Config.custom()
            .setPushEnabled(false)
            .setInitialWindowSize(WINDOW)
            .setMaxFrameSize(MAX_FRAME)
            .setMaxHeaderListSize(MAX_HEADER_LIST)
            .setMaxContinuations(MAX_CONTINUATIONS)
            .build();

    /** Latin-1 preserves every byte of a field value, whatever its author meant by it (RFC 9110 section 5.5). */
    private static final CharCodingConfig CHARSET =
            CharCodingConfig.custom().setCharset(StandardCharsets.ISO_8859_1).build();

    private final Seen seen;
    private final ByteBuffer preface = ByteBuffer.wrap(PREFACE); // what has not been sent of it
    private final ByteArrayOutputStream early = new ByteArrayOutputStream(0); // what came over TLS before that was sent
    private @Nullable CapacityChannel closedWindow; // to be opened at the end of the current event
    private boolean silent;
    private @Nullable Exception broken;

    private Http2(ProtocolIOSession session, Seen seen) {
        super(new ClientH2StreamMultiplexer(
                session,
                DefaultFrameFactory.INSTANCE,
                HttpProcessorBuilder.create().build(),
                null,
                CONFIG,
                CHARSET,
                seen));
        this.seen = seen;
    }

    static Http2 on(ProtocolIOSession session) {
        return new Http2(session, new Seen(session));
    }

    @Override
    public void connected(IOSession session) throws IOException {
        greet(session);
    }

    /**
     * Sends the preface, for which TLS may have no room until the end of its handshake is sent. HttpCore must send
     * nothing before it, not even a reply to what the target has sent.
     */
    private void greet(IOSession session) throws IOException {
        session.write(preface);
        if (preface.hasRemaining()) {
            session.setEvent(SelectionKey.OP_WRITE);
            return;
        }
        super.connected(session);
        if (early.size() > 0) {
            read(session, ByteBuffer.wrap(early.toByteArray()));
            early.reset();
        }
    }

    @Override
    public void outputReady(IOSession session) throws IOException {
        if (preface.hasRemaining()) {
            greet(session);
        } else {
            super.outputReady(session);
        }
    }

    @Override
    public void inputReady(IOSession session, @Nullable ByteBuffer decrypted) throws IOException {
        if (!preface.hasRemaining()) {
            read(session, decrypted);
        } else if (decrypted != null) {
            byte[] bytes = new byte[decrypted.remaining()];
            decrypted.get(bytes);
            early.writeBytes(bytes);
        }
    }

    /**
     * Reads what has come. Frames of unknown types, such as ALTSVC, are to be ignored (RFC 9113 section 5.5). HttpCore
     * fails at them, once it has taken them.
     */
    private void read(IOSession session, @Nullable ByteBuffer decrypted) throws IOException {
        boolean again;
        do {
            seen.isUnknown = false;
            try {
                super.inputReady(session, decrypted);
                again = false;
            } catch (NullPointerException e) {
                if (!seen.isUnknown) {
                    throw e;
                }
                again = true;
            }
        } while (again);
    }

    @Override
    public void timeout(IOSession session, Timeout timeout) throws IOException {
        silent = true;
        super.timeout(session, timeout);
    }

    @Override
    public void exception(IOSession session, Exception cause) {
        broken = cause;
        super.exception(session, cause);
    }

    @Override
    public boolean isFitForAnother() {
        return true;
    }

    @Override
    public void eventEnds(IOSession session, boolean inUse) throws IOException {
        CapacityChannel window = closedWindow;
        closedWindow = null;
        if (window != null) {
            open(window);
        }
        if (seen.isRefused() && !seen.refusalIsTold) {
            seen.refusalIsTold = true;
            exception(session, new RequestNotExecutedException());
        } else if (inUse && !silent && seen.otherFrames) {
            endIfStalled(session);
        }
        seen.otherFrames = false;
    }

    /** The session's own time-out restarts with any byte; only complete silence reaches it. */
    private void endIfStalled(IOSession session) throws IOException {
        Timeout timeout = session.getSocketTimeout();
        if (timeout.isEnabled() && System.nanoTime() - seen.progress >= timeout.toNanoseconds()) {
            timeout(session, timeout);
        }
    }

    /** To be called before the session's time-out is set, so that it runs anew from now on. */
    @Override
    public void restartTimeout() {
        seen.progress = System.nanoTime();
    }

    /**
     * The window of the current stream, for {@link ExchangeHandler#updateCapacity}. It opens at once or, within one of the
     * connection's events, at the end of that.
     */
    CapacityChannel window(CapacityChannel stream) {
        return increment -> {
            if (TargetConnection.isAtWorkFor(this)) {
                closedWindow = stream;
            } else {
                open(stream);
            }
        };
    }

    private void open(CapacityChannel stream) throws IOException {
        stream.update(WINDOW - seen.window);
    }

    /** Whether the target has sent more than the window allows (RFC 9113 section 6.9.1). */
    boolean isOverrun() {
        return seen.window < 0;
    }

    /**
     * The reason behind a failure of the current stream, or of one that was not begun: the target was silent for too
     * long, or has seen nothing of the request (RFC 9113 section 8.7). Otherwise the failure itself.
     */
    Exception explain(Exception failure) {
        if (silent) {
            return new SocketTimeoutException(failure.getMessage());
        }
        if (seen.isFlooded) {
            return new ProtocolException("too many frames that move nothing");
        }
        if (!seen.greeted) {
            return new RequestNotExecutedException(
                    "it does not speak HTTP/2" + (broken == null ? "" : ": " + broken.getMessage()));
        }
        boolean refused = seen.isRefused()
                || (failure instanceof H2StreamResetException reset
                        && reset.getCode() == H2Error.REFUSED_STREAM.getCode());
        if (refused) {
            return new RequestNotExecutedException("the target refused the request");
        }
        return seen.isBroken && failure instanceof H2StreamResetException
                ? new ConnectionClosedException(failure.getMessage()) // it does not reset a single stream
                : failure;
    }

    /** Observes what passes on the connection, as far as HttpCore does not report it otherwise. */
    private static final class Seen implements H2StreamListener {

        private static final int LAST_STREAM = 0x7FFF_FFFF;

        private final IOSession session;
        private final FrameFlood flood = new FrameFlood();
        private boolean isFlooded;
        private boolean isUnknown; // whether the last frame was of a type that HttpCore does not know
        private volatile long progress = System.nanoTime(); // when the stream last got or sent something
        private boolean otherFrames; // that were received in the current event, and are not the stream's
        private volatile int window = WINDOW; // bytes, of the last stream; other threads open it
        private boolean greeted; // the target's settings have been received
        private int stream;
        private boolean isBroken; // whether the target has sent GOAWAY with an error
        private int lastProcessed = LAST_STREAM;
        private boolean refusalIsTold;

        Seen(IOSession session) {
            this.session = session;
        }

        /** Whether the target has said that it will not process the stream. */
        boolean isRefused() {
            return stream > lastProcessed;
        }

        @Override
        public void onHeaderInput(HttpConnection connection, int streamId, List<? extends Header> headers) {
            // nothing of interest
        }

        @Override
        public void onHeaderOutput(HttpConnection connection, int streamId, List<? extends Header> headers) {
            if (streamId != stream) {
                stream = streamId;
                window = WINDOW;
            }
        }

        @Override
        public void onFrameInput(HttpConnection connection, int streamId, RawFrame frame) {
            if (movesStream(frame)) {
                progress = System.nanoTime();
            } else {
                otherFrames = true;
                boolean comesForSent = frame.isType(FrameType.WINDOW_UPDATE) || frame.isType(FrameType.PING);
                if (comesForSent ? flood.receivedForSent() : flood.received()) {
                    isFlooded = true;
                    session.close(CloseMode.IMMEDIATE); // now: the event ends when nothing more comes
                }
            }
            isUnknown = FrameType.valueOf(frame.getType()) == null;
            greeted |= frame.isType(FrameType.SETTINGS);
            ByteBuffer payload = frame.getPayload();
            if (frame.isType(FrameType.GOAWAY) && payload != null && payload.remaining() >= 2 * Integer.BYTES) {
                lastProcessed = payload.getInt() & LAST_STREAM;
                isBroken = payload.getInt() != H2Error.NO_ERROR.getCode();
            }
        }

        @Override
        public void onFrameOutput(HttpConnection connection, int streamId, RawFrame frame) {
            if (movesStream(frame)) {
                progress = System.nanoTime();
                flood.sent(frame.getLength());
            }
        }

        private static boolean movesStream(RawFrame frame) {
            boolean mayEndStream = frame.isType(FrameType.DATA) || frame.isType(FrameType.HEADERS);
            return frame.getLength() > 0
                    ? mayEndStream || frame.isType(FrameType.CONTINUATION)
                    : mayEndStream && frame.isFlagSet(FrameFlag.END_STREAM);
        }

        @Override
        public void onInputFlowControl(HttpConnection connection, int streamId, int delta, int actualSize) {
            if (streamId == stream) { // else of the connection, or of a request before
                window = actualSize;
            }
        }

        @Override
        public void onOutputFlowControl(HttpConnection connection, int streamId, int delta, int actualSize) {
            // nothing of interest
        }
    }
}
