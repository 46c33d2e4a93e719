package dev.sluice.contract.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The body of one message, decoded. It ends where the message ends; a body that is cut short fails with an IOException.
 */
final class Body extends InputStream {

    private static final int CHUNKED = -1;
    private static final int UNTIL_CLOSE = -2;

    private final InputStream in;
    private final long framing;
    private long left;
    private boolean begun;
    private boolean over;
    private final List<String> trailers = new ArrayList<>();

    private Body(InputStream in, long framing) {
        this.in = in;
        this.framing = framing;
        this.left = Math.max(framing, 0);
    }

    static Body ofRequest(InputStream in, Head head) {
        return new Body(in, declared(head, 0));
    }

    static Body ofResponse(InputStream in, Head head, String method) {
        boolean none = method.equals("HEAD") || head.status() == 204 || head.status() == 304;
        return new Body(in, none ? 0 : declared(head, UNTIL_CLOSE));
    }

    private static long declared(Head head, long otherwise) {
        if (head.value("Transfer-Encoding").equalsIgnoreCase("chunked")) {
            return CHUNKED;
        }
        String length = head.value("Content-Length");
        return length.isEmpty() ? otherwise : Long.parseLong(length);
    }

    /** The lines after the last chunk. Empty until the last chunk has been read. */
    List<String> trailers() {
        return trailers;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0; // otherwise this would wait for a chunk that nobody has asked for yet
        }
        if (framing == UNTIL_CLOSE) {
            return in.read(buffer, offset, length);
        }
        if (framing == CHUNKED && left == 0 && !over) {
            nextChunk();
        }
        if (left == 0) {
            return -1;
        }
        int count = in.read(buffer, offset, (int) Math.min(length, left));
        if (count < 0) {
            throw new EOFException("The connection ended " + left + " bytes before the body's end");
        }
        left -= count;
        return count;
    }

    private void nextChunk() throws IOException {
        if (begun && !line().isEmpty()) {
            throw new IOException("A chunk is longer than it says");
        }
        begun = true;
        left = Long.parseLong(line().split(";", 2)[0].trim(), 16);
        if (left == 0) {
            over = true;
            for (String line = line(); !line.isEmpty(); line = line()) {
                trailers.add(line);
            }
        }
    }

    private String line() throws IOException {
        String line = Wire.readLine(in);
        if (line == null) {
            throw new EOFException("The connection ended before the last chunk");
        }
        return line;
    }
}
