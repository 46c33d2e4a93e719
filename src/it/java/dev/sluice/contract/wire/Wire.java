package dev.sluice.contract.wire;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One end of a connection. It sends exactly what the test says, and keeps what it receives as it came. Every read is
 * bounded. One thread may read while another writes.
 */
public final class Wire implements Closeable {

    /** Longer than anything that a test waits for. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    Wire(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
        this.out = socket.getOutputStream();
    }

    /** Connects to a port on loopback. */
    public static Wire connect(int port) throws IOException {
        return connect(InetAddress.getLoopbackAddress(), port);
    }

    /** Connects to a port on loopback, from this address. */
    public static Wire connect(InetAddress from, int port) throws IOException {
        Socket socket = new Socket();
        try {
            socket.bind(new InetSocketAddress(from, 0));
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) PATIENCE.toMillis());
            return new Wire(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Sends exactly these characters (Latin-1). */
    public Wire send(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /** Sends a head: these lines, and the empty line that ends it. */
    public Wire sendHead(String startLine, String... fieldLines) throws IOException {
        StringBuilder head = new StringBuilder(startLine).append("\r\n");
        for (String line : fieldLines) {
            head.append(line).append("\r\n");
        }
        return send(head.append("\r\n").toString());
    }

    /** Sends the text as one chunk. */
    public Wire sendChunk(String text) throws IOException {
        return send(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
    }

    /** Sends the chunk that ends a chunked body. */
    public Wire sendLastChunk() throws IOException {
        return send("0\r\n\r\n");
    }

    public OutputStream out() {
        return out;
    }

    /** The head of the next message; null if the connection ended before it. */
    public Head readHead() throws IOException {
        String startLine = readLine(in);
        if (startLine == null) {
            return null;
        }
        List<String> fieldLines = new ArrayList<>();
        for (String line = readLine(in); ; line = readLine(in)) {
            if (line == null) {
                throw new EOFException("The connection ended inside a head");
            } else if (line.isEmpty()) {
                return new Head(startLine, fieldLines);
            }
            fieldLines.add(line);
        }
    }

    /** The body that follows the head of a request. */
    Body requestBody(Head head) {
        return Body.ofRequest(in, head);
    }

    /** The body that follows the head of a response to GET or POST. */
    public InputStream responseBody(Head head) {
        return Body.ofResponse(in, head, "GET");
    }

    /** The next response, to a request of any method except HEAD. Skips interim responses. */
    public Reply readReply() throws IOException {
        return readReplyTo("GET");
    }

    /** The next response, to a request of this method. Skips interim responses. */
    public Reply readReplyTo(String method) throws IOException {
        Head head = readHead();
        while (head != null && head.status() < 200) {
            head = readHead();
        }
        if (head == null) {
            throw new EOFException("The connection ended without a response");
        }
        return readBody(head, method);
    }

    private Reply readBody(Head head, String method) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        Body body = Body.ofResponse(in, head, method);
        try {
            body.transferTo(content);
            return new Reply(head, content.toByteArray(), body.trailers(), true);
        } catch (EOFException | SocketException e) {
            return new Reply(head, content.toByteArray(), body.trailers(), false);
        }
    }

    /**
     * All responses until the connection ends in any way, to requests of any method except HEAD. Skips interim
     * responses.
     */
    public List<Reply> readReplies() throws IOException {
        List<Reply> replies = new ArrayList<>();
        try {
            for (Head head = readHead(); head != null; head = readHead()) {
                if (head.status() >= 200) {
                    replies.add(readBody(head, "GET"));
                }
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("The connection stays open after " + replies, e);
        } catch (EOFException | SocketException e) {
            // keep what was received
        }
        return replies;
    }

    /** Sleeps. Only for a peer that takes its time: nothing else in these tests takes time by itself. */
    public static void pause(Duration duration) {
        try {
            TimeUnit.NANOSECONDS.sleep(duration.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The next bytes, exactly this many (Latin-1). */
    public String read(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("The connection ended after " + new String(bytes, StandardCharsets.ISO_8859_1));
        }
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Everything that has not been read yet. */
    public InputStream in() {
        return in;
    }

    /** Half-closes the connection: nothing more comes from this end. */
    public Wire endOutput() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Whether there is input that has not been read yet. */
    public boolean hasInput() throws IOException {
        return in.available() > 0;
    }

    /** Waits until the other side has closed or reset the connection, discarding what it sends until then. */
    public void awaitEnd() throws IOException {
        byte[] buffer = new byte[64 * 1024];
        try {
            while (in.read(buffer) >= 0) {}
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (SocketException e) {
            // a reset is an end too
        }
    }

    /** Resets the connection, as when a process dies. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    public boolean isClosed() {
        return socket.isClosed();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    static String readLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                if (line.isEmpty()) {
                    return null;
                }
                throw new EOFException("The connection ended inside a line: " + line);
            }
            line.append((char) c);
        }
        int length = line.length();
        return length > 0 && line.charAt(length - 1) == '\r' ? line.substring(0, length - 1) : line.toString();
    }
}
