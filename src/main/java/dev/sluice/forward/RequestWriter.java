package dev.sluice.forward;

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
 * Writes requests to a connection, one after another (RFC 9112 sections 3, 5 and 7). Whoever has something to write does so by itself; the reactor
 * is asked only where the connection does not take all of it, or has only encrypted it. Thread-safe.
 */
final class RequestWriter {

    /** In bytes. What is longer is not gathered. */
    private static final int SHORT = 16 * 1024;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ProtocolIOSession session;
    private ByteBuffer waiting = NOTHING; // what goes out next
    private boolean gathering; // for more is to follow at once
    private boolean roomWanted; // by the body
    private @Nullable Body body; // while it is not over
    private boolean cutShort;

    RequestWriter(ProtocolIOSession session) {
        this.session = session;
    }

    /**
     * Begins a request. Its head, and what is short of its body, is gathered until {@link #flush}.
     *
     * @param details of the body; null for none
     * @return takes the body; null for none
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
     * @throws IOException if the connection takes nothing any more
     */
    synchronized void flush() throws IOException {
        gathering = false;
        if (write() && !roomWanted) {
            session.clearEvent(SelectionKey.OP_WRITE);
        }
    }

    /**
     * Writes what has been waiting, as there is room again.
     *
     * @return whether the body has more for the room that is left: that is gathered until {@link #flush}
     * @throws IOException if the connection takes nothing any more
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

    /** Nothing more of the body goes out, if that is not over. To its target the connection's end says so. */
    synchronized void cut() {
        cutShort |= body != null;
        body = null;
    }

    /** Whether the last request is with the target, so that another may follow. */
    synchronized boolean isComplete() {
        return body == null && !cutShort && !waiting.hasRemaining();
    }

    /** Whether there is room for more. */
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
            session.updateWriteTime(); // as long as something moves, nobody is silent
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

    /** With the empty line that ends them. */
    private static void append(Iterator<? extends Header> fields, StringBuilder text) {
        while (fields.hasNext()) {
            Header field = fields.next();
            text.append(field.getName()).append(": ").append(inOneLine(field.getValue()));
            text.append("\r\n");
        }
        text.append("\r\n");
    }

    /** No host gives any other; if one did, it would be another field, or another request. */
    private static String inOneLine(String value) {
        return value.replace('\r', ' ').replace('\n', ' ');
    }

    /** Takes one request's body, in chunks if its length is not known. */
    private final class Body implements DataStreamChannel {

        private final boolean isChunked;
        private long left;
        private ByteBuffer gathered = NOTHING; // the last that waited

        /** @param length in bytes; negative if that is not known */
        Body(long length) {
            this.isChunked = length < 0;
            this.left = length;
        }

        /** @throws ConnectionClosedException if it is over, or nothing more of it is wanted */
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
                    throw new ConnectionClosedException("The request is longer than it says");
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
                    throw new ConnectionClosedException("The request is shorter than it says");
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
