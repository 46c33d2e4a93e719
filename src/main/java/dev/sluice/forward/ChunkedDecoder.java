package dev.sluice.forward;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.List;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.ParseException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.BasicHttpTransportMetrics;
import org.apache.hc.core5.http.impl.nio.AbstractContentDecoder;
import org.apache.hc.core5.http.message.BufferedHeader;
import org.apache.hc.core5.http.nio.SessionInputBuffer;
import org.apache.hc.core5.util.CharArrayBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Chunks (RFC 9112 section 7.1), taken apart where they were read to: as much is read at a time as the buffer has room for, however small they
 * are, and their data moves together over what was between them. HttpCore's own reads all of them through a connection's small buffer. Called by
 * one thread at a time.
 */
final class ChunkedDecoder extends AbstractContentDecoder {

    /** What comes next. */
    private enum Part {
        SIZE,
        SIZE_END,
        EXTENSION,
        DATA,
        DATA_END,
        DATA_LF,
        TRAILERS
    }

    /** What is more does not fit into a long with one digit more. */
    private static final long MAX_SIZE = Long.MAX_VALUE >> 4;

    private final Http1Config limits;
    private final List<Header> trailers = new ArrayList<>(0);
    private Part part = Part.SIZE;
    private long size; // of the chunk, as far as that was read; then what is still to come of its data
    private int lineLength;

    /**
     * @param buffer what was read already, and where what comes behind the data is put back
     * @param limits of which those of a line and of the number of fields count
     */
    ChunkedDecoder(
            ReadableByteChannel channel,
            SessionInputBuffer buffer,
            BasicHttpTransportMetrics metrics,
            Http1Config limits) {
        super(channel, buffer, metrics);
        this.limits = limits;
    }

    /**
     * Takes what was read already, or what one read from the channel brings; it reads once more for the trailers. An answer that ends within its
     * trailers is whole (RFC 9112 section 8), but has none.
     *
     * @return how many bytes of data came, which may be none; -1 after the end
     * @throws IOException if it is not chunked as it should be, has too long a line or too many trailers, or is cut off; data that came before
     *     that are in the destination
     */
    @Override
    public int read(ByteBuffer destination) throws IOException {
        if (isCompleted()) {
            return -1;
        }
        int begin = destination.position();
        boolean wasBuffered = true;
        while (wasBuffered && part != Part.TRAILERS && destination.position() == begin && destination.hasRemaining()) {
            wasBuffered = buffer().hasData();
            if (wasBuffered) {
                buffer().read(destination);
            } else if (readFromChannel(destination) < 0) {
                throw new ConnectionClosedException("closed inside a chunked answer");
            }
            int end = destination.position();
            takeApart(destination.position(begin), end);
        }
        if (part == Part.TRAILERS) {
            readTrailers();
        }
        return destination.position() - begin;
    }

    /** From the buffer's position to there. The position moves to the end of the data. */
    private void takeApart(ByteBuffer bytes, int end) throws IOException {
        int next = bytes.position();
        while (next < end && part != Part.TRAILERS) {
            if (part == Part.DATA) {
                int length = (int) Math.min(size, end - next);
                if (next > bytes.position()) {
                    bytes.put(bytes.position(), bytes, next, length);
                }
                bytes.position(bytes.position() + length);
                next += length;
                size -= length;
                part = size == 0 ? Part.DATA_END : Part.DATA;
            } else {
                readFrame(bytes.get(next++));
            }
        }
        if (next < end) {
            putBack(bytes.duplicate().limit(end).position(next));
        }
    }

    /** A line may end without CR, as those of a head may. */
    private void readFrame(byte next) throws IOException {
        switch (part) {
            case SIZE -> readSize(next);
            case SIZE_END, EXTENSION -> readSizeEnd(next);
            default -> {
                if (next == '\n') {
                    part = Part.SIZE;
                    lineLength = 0;
                } else if (next == '\r' && part == Part.DATA_END) {
                    part = Part.DATA_LF;
                } else {
                    throw new MalformedChunkCodingException("a chunk is longer than it says");
                }
            }
        }
    }

    private void readSize(byte next) throws IOException {
        int digit = Character.digit(next, 16);
        if (digit < 0 && lineLength > 0) {
            readSizeEnd(next);
        } else if (digit < 0 || size > MAX_SIZE) {
            throw new MalformedChunkCodingException("a chunk's size is no number, or too large a one");
        } else {
            size = size << 4 | digit;
            countInLine();
        }
    }

    /** Spaces, and extensions, which mean nothing to anybody (RFC 9112 section 7.1.1). */
    private void readSizeEnd(byte next) throws IOException {
        if (next == '\n') {
            part = size == 0 ? Part.TRAILERS : Part.DATA;
        } else if (next == ';' || part == Part.EXTENSION) {
            part = Part.EXTENSION;
        } else if (next == '\r' || next == ' ' || next == '\t') {
            part = Part.SIZE_END;
        } else {
            throw new MalformedChunkCodingException("a chunk's size is no number");
        }
        countInLine();
    }

    private void countInLine() throws IOException {
        if (++lineLength >= limits.getMaxLineLength()) {
            throw new MessageConstraintException("the line of a chunk's size is too long");
        }
    }

    /** Before what is there still. */
    private void putBack(ByteBuffer rest) throws IOException {
        ByteBuffer all =
                ByteBuffer.allocate(rest.remaining() + buffer().length()).put(rest);
        buffer().read(all);
        ReadableByteChannel channel = new Rest(all.flip());
        while (all.hasRemaining()) {
            buffer().fill(channel);
        }
    }

    private void readTrailers() throws IOException {
        CharArrayBuffer line = new CharArrayBuffer(32);
        boolean mayRead = true;
        while (!isCompleted()) {
            if (buffer().readLine(line, false)) {
                addTrailer(line);
                line = new CharArrayBuffer(32);
            } else if (mayRead) {
                mayRead = false;
                if (fillBufferFromChannel() < 0) {
                    trailers.clear();
                    setCompleted();
                    channel().close(); // nobody is to send another request on it
                }
            } else {
                return;
            }
        }
    }

    private void addTrailer(CharArrayBuffer line) throws IOException {
        if (line.isEmpty()) {
            setCompleted();
        } else if (trailers.size() == limits.getMaxHeaderCount()) {
            throw new MessageConstraintException("too many trailers");
        } else {
            trailers.add(field(line));
        }
    }

    /** A line that goes on with the one before is refused (RFC 9112 section 5.2). */
    private static Header field(CharArrayBuffer line) throws IOException {
        char first = line.charAt(0);
        if (first == ' ' || first == '\t') {
            throw new MalformedChunkCodingException("a trailer in two lines");
        }
        try {
            return new BufferedHeader(line);
        } catch (ParseException e) {
            throw new MalformedChunkCodingException("a trailer that is no field");
        }
    }

    /** Null if there are none. */
    @Override
    public @Nullable List<? extends Header> getTrailers() {
        return trailers.isEmpty() ? null : trailers;
    }

    /** Bytes that were read already, to be read once more. */
    private record Rest(ByteBuffer bytes) implements ReadableByteChannel {

        @Override
        public int read(ByteBuffer destination) {
            int length = Math.min(bytes.remaining(), destination.remaining());
            destination.put(bytes.slice(bytes.position(), length));
            bytes.position(bytes.position() + length);
            return length;
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
}
