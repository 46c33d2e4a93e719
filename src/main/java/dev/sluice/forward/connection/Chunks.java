package dev.sluice.forward.connection;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.ParseException;
import org.apache.hc.core5.http.message.BufferedHeader;
import org.apache.hc.core5.util.CharArrayBuffer;

/**
 * The chunked transfer coding (RFC 9112 section 7.1), decoded in place: the data of successive chunks moves together
 * over the framing between them. Called by one thread at a time.
 */
final class Chunks implements Framing {

    /** The part that comes next. */
    private enum Part {
        SIZE,
        SIZE_END,
        EXTENSION,
        DATA,
        DATA_END,
        DATA_LF,
        TRAILERS,
        NOTHING
    }

    /** Above this, one more digit would overflow a long. */
    private static final long MAX_SIZE = Long.MAX_VALUE >> 4;

    private static final int MAX_LINE = 64 * 1024;
    private static final int MAX_TRAILERS = 500;

    private final int maxLine;
    private final int maxTrailers;
    private final List<Header> trailers = new ArrayList<>(0);
    private CharArrayBuffer line = new CharArrayBuffer(0); // of a trailer
    private Part part = Part.SIZE;
    private long size; // of the chunk, as far as it has been read; then what remains of its data
    private int lineLength; // bytes of the current size line; the last one and all trailers count as one line

    Chunks() {
        this(MAX_LINE, MAX_TRAILERS);
    }

    /** @param maxLine in bytes; also the limit for all trailers together */
    Chunks(int maxLine, int maxTrailers) {
        this.maxLine = maxLine;
        this.maxTrailers = maxTrailers;
    }

    @Override
    public int strip(ByteBuffer bytes) throws IOException {
        int end = bytes.limit();
        int next = bytes.position();
        int data = next; // where the data ends
        try {
            while (next < end && part != Part.NOTHING) {
                if (part == Part.DATA) {
                    int length = (int) Math.min(size, end - next);
                    if (next > data) {
                        bytes.put(data, bytes, next, length);
                    }
                    data += length;
                    next += length;
                    size -= length;
                    part = size == 0 ? Part.DATA_END : Part.DATA;
                } else {
                    read(bytes.get(next++));
                }
            }
        } finally {
            bytes.limit(data);
        }
        return end - next;
    }

    @Override
    public boolean isWhole() {
        return part == Part.NOTHING;
    }

    /** A body that ends within its trailers is complete (RFC 9112 section 8), but the trailers are dropped. */
    @Override
    public void end() throws ConnectionClosedException {
        if (part != Part.TRAILERS) {
            throw new ConnectionClosedException("closed within a chunked response");
        }
        trailers.clear();
        part = Part.NOTHING;
    }

    @Override
    public List<Header> trailers() {
        return trailers;
    }

    private void read(byte next) throws IOException {
        switch (part) {
            case SIZE -> readSize(next);
            case SIZE_END, EXTENSION -> readSizeEnd(next);
            case DATA_END, DATA_LF -> readDataEnd(next);
            default -> readTrailer(next);
        }
    }

    private void readSize(byte next) throws IOException {
        int digit = Character.digit(next, 16);
        if (digit < 0 && lineLength > 0) {
            readSizeEnd(next);
        } else if (digit < 0 || size > MAX_SIZE) {
            throw new MalformedChunkCodingException("a chunk's size is not a number, or is too large");
        } else {
            size = size << 4 | digit;
            count();
        }
    }

    /** Reads the rest of a size line: blanks and extensions, which have no meaning (RFC 9112 section 7.1.1). */
    private void readSizeEnd(byte next) throws IOException {
        if (next == '\n') {
            part = size == 0 ? Part.TRAILERS : Part.DATA;
        } else if (next == ';' || part == Part.EXTENSION) {
            part = Part.EXTENSION;
        } else if (next == '\r' || next == ' ' || next == '\t') {
            part = Part.SIZE_END;
        } else {
            throw new MalformedChunkCodingException("a chunk's size is not a number");
        }
        count();
    }

    /** The line may end without CR, as in a head. */
    private void readDataEnd(byte next) throws IOException {
        if (next == '\n') {
            part = Part.SIZE;
            lineLength = 0;
        } else if (next == '\r' && part == Part.DATA_END) {
            part = Part.DATA_LF;
        } else {
            throw new MalformedChunkCodingException("a chunk is longer than its size");
        }
    }

    private void readTrailer(byte next) throws IOException {
        count();
        if (next != '\n') {
            line.append((char) (next & 0xFF));
            return;
        }
        if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
            line.setLength(line.length() - 1);
        }
        if (line.isEmpty()) {
            part = Part.NOTHING;
        } else if (trailers.size() == maxTrailers) {
            throw new MessageConstraintException("too many trailers");
        } else {
            trailers.add(field(line));
            line = new CharArrayBuffer(32);
        }
    }

    private void count() throws IOException {
        if (++lineLength >= maxLine) {
            throw new MessageConstraintException("a line between chunks, or the trailers, is too long");
        }
    }

    /** Parses a trailer. Refuses a line that continues the previous one (RFC 9112 section 5.2). */
    private static Header field(CharArrayBuffer line) throws IOException {
        char first = line.charAt(0);
        if (first == ' ' || first == '\t') {
            throw new MalformedChunkCodingException("a trailer that is folded over two lines");
        }
        try {
            return new BufferedHeader(line);
        } catch (ParseException e) {
            throw new MalformedChunkCodingException("a malformed trailer");
        }
    }
}
