package dev.sluice.contract.wire;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * A client on loopback that speaks HTTP/2 frame by frame, with one request at a time. Every read is bounded. Not
 * thread-safe.
 */
public final class Http2Client implements Closeable {

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final String NO_SETTINGS = "\0\0\0\u0004\0\0\0\0\0";

    /** Two frames of an unknown type (RFC 9113 section 5.5). */
    private static final String NOTHING =
            "\0@\0\u00ee\0\0\0\0\0" + "x".repeat(0x4000) + "\0\u000f\0\u00ee\0\0\0\0\0" + "x".repeat(0xf00);

    private final Socket socket;
    private final String scheme;
    private final Http2Target.Connection connection;
    private int stream = -1;
    private String head = "";
    private int bodyLength;

    private Http2Client(Socket socket, String scheme, String first) throws IOException {
        this.socket = socket;
        this.scheme = scheme;
        this.connection = new Http2Target.Connection(socket);
        connection.sendRaw(PREFACE + NO_SETTINGS + first);
    }

    /** Connects in clear text, with prior knowledge. */
    public static Http2Client connect(int port) throws IOException {
        return new Http2Client(new Socket(InetAddress.getLoopbackAddress(), port), "http", "");
    }

    /** Connects in clear text, and sends 20,000 bytes together with the preface, which the other side has to ignore. */
    public static Http2Client connectTalkative(int port) throws IOException {
        return new Http2Client(new Socket(InetAddress.getLoopbackAddress(), port), "http", NOTHING);
    }

    /** Connects over TLS. */
    public static Http2Client connect(int port, SSLContext tls) throws IOException {
        SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        return new Http2Client(socket, "https", "");
    }

    /**
     * Sends the head of a request that has a body.
     *
     * @param fieldLines in the format of HTTP/1.1
     */
    public Http2Client sendHead(String method, String path, String... fieldLines) throws IOException {
        return sendHead(0, method, path, fieldLines);
    }

    /** Sends a request without a body. */
    public Http2Client sendWithoutBody(String method, String path, String... fieldLines) throws IOException {
        return sendHead(Http2Target.END_STREAM, method, path, fieldLines);
    }

    private Http2Client sendHead(int flags, String method, String path, String... fieldLines) throws IOException {
        Stream<String> pseudo =
                Stream.of(":method", method, ":scheme", scheme, ":authority", "localhost", ":path", path);
        stream += 2;
        connection.sendHeaders(
                stream, flags, Stream.concat(pseudo, fields(fieldLines)).toArray(String[]::new));
        return this;
    }

    private static Stream<String> fields(String... lines) {
        return Arrays.stream(lines)
                .map(line -> line.split(": ", 2))
                .flatMap(field -> Stream.of(field[0].toLowerCase(Locale.ROOT), field[1]));
    }

    /** Sends a part of the body. */
    public Http2Client send(String text) throws IOException {
        connection.sendData(stream, 0, text);
        return this;
    }

    /** Sends the last part of the body. */
    public Http2Client end(String text) throws IOException {
        connection.sendData(stream, Http2Target.END_STREAM, text);
        return this;
    }

    /**
     * Ends the body with trailers.
     *
     * @param fieldLines in the format of HTTP/1.1
     */
    public Http2Client endWithTrailers(String... fieldLines) throws IOException {
        connection.sendHeaders(
                stream, Http2Target.END_STREAM, fields(fieldLines).toArray(String[]::new));
        return this;
    }

    /** Cancels the request (RFC 9113 section 6.4). */
    public Http2Client reset() throws IOException {
        connection.resetStream(stream, Http2Target.CANCEL);
        return this;
    }

    /** Waits until the head of a response has come, or an interim response. */
    public void awaitHead() throws IOException {
        while (connection.read().type() != Http2Target.HEADERS) {}
    }

    /** Waits until a part of the body of the response has come. */
    public void awaitBody() throws IOException {
        await(frame -> frame.type() == Http2Target.DATA);
    }

    /** Waits for the end of the response, for which the windows must have room. */
    public void awaitResponse() throws IOException {
        await(Http2Target.Frame::endsStream);
    }

    /** Waits until the other side has reset the request's stream. */
    public void awaitReset() throws IOException {
        await(frame -> frame.type() == Http2Target.RST_STREAM);
    }

    /** As {@link #awaitResponse}, and sends a PING for each piece of it. */
    public void awaitResponsePinging() throws IOException {
        Http2Target.Frame frame;
        do {
            frame = connection.read();
            if (frame.type() == Http2Target.DATA) {
                ping();
            }
        } while (frame.stream() != stream || !frame.endsStream());
    }

    /** Sends a PING. */
    public Http2Client ping() throws IOException {
        connection.ping();
        return this;
    }

    private void await(Predicate<Http2Target.Frame> isIt) throws IOException {
        Http2Target.Frame frame = connection.read();
        while (frame.stream() != stream || !isIt.test(frame)) {
            frame = connection.read();
        }
    }

    /** Reads a response until the window of the connection, which nothing else has used, has no more room. */
    public void useUpWindow() throws IOException {
        for (int left = Http2Target.WINDOW; left > 0; ) {
            Http2Target.Frame frame = connection.read();
            left -= frame.type() == Http2Target.DATA ? frame.length() : 0;
        }
    }

    /**
     * Reads a response to its end, and gives the connection room once the head has come. Returns the types of its frames,
     * without those of DATA that have none.
     */
    public List<Integer> readFrames() throws IOException {
        List<Integer> types = new ArrayList<>();
        int before = connection.fieldSections().size();
        Http2Target.Frame frame;
        do {
            frame = connection.read();
            if (frame.stream() == stream && (frame.type() != Http2Target.DATA || frame.length() > 0)) {
                if (types.isEmpty()) {
                    openWindow();
                }
                types.add(frame.type());
            }
        } while (frame.stream() != stream || !frame.endsStream());
        head = connection.fieldSections().get(before);
        return types;
    }

    /** Gives the connection room for all responses to come. */
    public void openWindow() throws IOException {
        connection.send(Http2Target.WINDOW_UPDATE, 0, 0, (byte) 0x3F, (byte) 0, (byte) 0, (byte) 0);
    }

    /** Gives the last request's stream room for 4 KiB. */
    public void openWindowOfStream() throws IOException {
        connection.send(Http2Target.WINDOW_UPDATE, 0, stream, (byte) 0, (byte) 0, (byte) 0x10, (byte) 0);
    }

    /**
     * Reads a response to its end, opening the window for its body. Returns its last field section, one {@code name:
     * value} per line.
     *
     * @throws IOException if the stream is reset, or ends without a head
     */
    public String readResponse() throws IOException {
        int before = connection.fieldSections().size();
        bodyLength = connection.readBody();
        List<String> sections = connection.fieldSections();
        if (sections.size() == before) {
            throw new IOException("The response has no head");
        }
        head = sections.get(before);
        return sections.get(sections.size() - 1);
    }

    /** The head of the last response read, one {@code name: value} per line. */
    public String lastHead() {
        return head;
    }

    /** Bytes of the body of the last response read. */
    public int lastBodyLength() {
        return bodyLength;
    }

    /** Waits until the other side has closed the connection. */
    public void awaitEnd() throws IOException {
        connection.awaitEnd();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
