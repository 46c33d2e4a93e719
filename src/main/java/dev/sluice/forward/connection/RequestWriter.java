package dev.sluice.forward.connection;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.jspecify.annotations.Nullable;

/**
 * Writes requests to a connection, one after another (RFC 9112 sections 3, 5 and 7). Whoever has something to write
 * writes it on its own thread. The reactor is involved only if the connection does not take everything, or has only
 * encrypted it. Thread-safe.
 */
final class RequestWriter {

    /** Bytes. Anything longer is not gathered. */
    private static final int SHORT = 16 * 1024;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ProtocolIOSession session;
    private ByteBuffer waiting = NOTHING; // what is written next
    private boolean gathering; // since more is about to follow
    private boolean roomWanted; // by the body
    private @Nullable Body body; // null once complete, and if there is none
    private boolean cutShort;

    RequestWriter(ProtocolIOSession session) {
        this.session = session;
    }

    /**
     * Begins a request. Its head, and the body as far as it is short, are gathered until {@link #flush}.
     *
     * @param details of the body; null if there is none
     * @return the channel that takes the body; null if there is none
     */
    synchronized @Nullable DataStreamChannel begin(HttpRequest head, @Nullable EntityDetails details) {
        gathering = true;
        roomWanted = false;
        waiting = ByteBuffer.wrap(text(head).getBytes(StandardCharsets.ISO_8859_1));
        body = details == null ? null : new Body(details.getContentLength());
        return body;
    }

    /**
     * Writes what was gathered.
     *
     * @throws IOException if the connection can no longer be written to
     */
    synchronized void flush() throws IOException {
        gathering = false;
        if (write() && !roomWanted) {
            session.clearEvent(SelectionKey.OP_WRITE);
        }
    }

    /**
     * Writes what has been waiting, now that there is room again.
     *
     * @return whether the body wants the room that is left; what it writes is gathered until {@link #flush}
     * @throws IOException if the connection can no longer be written to
     */
    synchronized boolean goOn() throws IOException {
        boolean hasRoom = write();
        gathering = hasRoom && roomWanted && body != null;
        if (gathering) {
            roomWanted = false;
        } else if (hasRoom) {
            session.clearEvent(SelectionKey.OP_WRITE);
        }
        return gathering;
    }

    /** Cuts the body short if it is not complete. The end of the connection tells the target. */
    synchronized void cut() {
        cutShort |= body != null;
        body = null;
    }

    /** Whether the last request has been written completely, so that another may follow. */
    synchronized boolean isComplete() {
        return body == null && !cutShort && !waiting.hasRemaining();
    }

    /** Writes what is waiting. Returns whether there is room for more. */
    private boolean write() throws IOException {
        if (waiting.hasRemaining()) {
            send(waiting);
        }
        if (waiting.hasRemaining()) {
            session.setEvent(SelectionKey.OP_WRITE);
            return false;
        }
        waiting = NOTHING;
        return true;
    }

    private int send(ByteBuffer bytes) throws IOException {
        int length = session.write(bytes);
        if (length > 0) {
            session.updateWriteTime(); // as long as bytes move, the connection is not idle
        }
        if (session.getTlsDetails() != null) {
            session.setEvent(SelectionKey.OP_WRITE);
        }
        return length;
    }

    private static String text(HttpRequest head) {
        StringBuilder text = new StringBuilder(512);
        text.append(head.getMethod()).append(' ').append(head.getRequestUri()).append(" HTTP/1.1\r\n");
        append(head.headerIterator(), text);
        return text.toString();
    }

    /** Appends the fields and the empty line that ends them. */
    private static void append(Iterator<? extends Header> fields, StringBuilder text) {
        while (fields.hasNext()) {
            Header field = fields.next();
            text.append(field.getName()).append(": ").append(inOneLine(field.getValue()));
            text.append("\r\n");
        }
        text.append("\r\n");
    }

    /** No host passes on a line break; if one did, another field, or another request, would begin there. */
    private static String inOneLine(String value) {
        return value.replace('\r', ' ').replace('\n', ' ');
    }

    /** Takes one request's body; chunked if its length is unknown. */
    private final class Body implements DataStreamChannel {

        private final boolean isChunked;
        private long left;
        private ByteBuffer gathered = NOTHING; // the buffer that waited last, for reuse

        /** @param length in bytes; negative if unknown */
        Body(long length) {
            this.isChunked = length < 0;
            this.left = length;
        }

        /** @throws ConnectionClosedException if the body is complete, or no more of it is wanted */
        private void checkWanted() throws ConnectionClosedException {
            if (body != this) {
                throw new ConnectionClosedException("The target has answered, or is gone");
            }
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            synchronized (RequestWriter.this) {
                checkWanted();
                if (!isChunked && source.remaining() > left) {
                    throw new ConnectionClosedException("The request is longer than its Content-Length");
                }
                boolean gathers = gathering && waiting.remaining() + source.remaining() <= SHORT;
                if (!source.hasRemaining() || (!gathers && !RequestWriter.this.write())) {
                    return 0;
                }
                if (!isChunked && !gathers) {
                    return writeDirectly(source);
                }
                int length = source.remaining();
                String begin = isChunked ? Integer.toHexString(length) + "\r\n" : "";
                gather(begin, source, isChunked ? "\r\n" : "");
                left -= length;
                if (!gathers) {
                    RequestWriter.this.write();
                }
                return length;
            }
        }

        private int writeDirectly(ByteBuffer source) throws IOException {
            int length = send(source);
            left -= length;
            return length;
        }

        private void gather(String begin, ByteBuffer data, String end) {
            byte[] before = begin.getBytes(StandardCharsets.ISO_8859_1);
            byte[] after = end.getBytes(StandardCharsets.ISO_8859_1);
            int length = waiting.remaining() + before.length + data.remaining() + after.length;
            boolean isFree = !waiting.hasRemaining() && gathered.capacity() >= length;
            ByteBuffer next = isFree ? gathered.clear() : ByteBuffer.allocate(length);
            waiting = next.put(waiting).put(before).put(data).put(after).flip();
            gathered = next;
        }

        @Override
        public void requestOutput() {
            synchronized (RequestWriter.this) {
                if (body == this) {
                    roomWanted = true;
                    session.setEvent(SelectionKey.OP_WRITE);
                }
            }
        }

        @Override
        public void endStream() throws IOException {
            endStream(List.of());
        }

        @Override
        public void endStream(@Nullable List<? extends Header> trailers) throws IOException {
            synchronized (RequestWriter.this) {
                checkWanted();
                if (!isChunked && left != 0) {
                    throw new ConnectionClosedException("The request is shorter than its Content-Length");
                }
                if (isChunked) {
                    StringBuilder last = new StringBuilder("0\r\n");
                    append(trailers == null ? Collections.emptyIterator() : trailers.iterator(), last);
                    gather(last.toString(), NOTHING, "");
                }
                body = null;
                if (!gathering) {
                    RequestWriter.this.write();
                }
            }
        }
    }
}
