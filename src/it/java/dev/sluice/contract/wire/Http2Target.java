package dev.sluice.contract.wire;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http2.hpack.HPackDecoder;

/**
 * A target on loopback that speaks HTTP/2 frame by frame, as its script says, with one thread per connection.
 * Thread-safe.
 */
public final class Http2Target implements Closeable {

    /** Frame types of RFC 9113 section 6. */
    public static final int DATA = 0;

    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;

    public static final int NO_ERROR = 0;
    public static final int INTERNAL_ERROR = 2;
    public static final int REFUSED_STREAM = 7;
    public static final int CANCEL = 8;

    public static final int END_STREAM = 1;

    private static final int BIT = 4096; // as Go does
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;

    /** Indexes of their names in the static table (RFC 7541 appendix A): Tomcat does not accept them spelled out. */
    private static final Map<String, Integer> PSEUDO_FIELDS =
            Map.of(":authority", 1, ":method", 2, ":path", 4, ":scheme", 6, ":status", 8);

    private static final int PREFACE_LENGTH = 24;
    static final int WINDOW = 65_535;
    private static final int TABLE_SIZE = 4096;

    /** What the target does with a connection. Afterwards the connection is closed. */
    @FunctionalInterface
    public interface Script {
        void play(Connection connection) throws IOException;
    }

    /** A frame as received. */
    public record Frame(int type, int flags, int stream, int length) {

        /** Whether this is the last frame of its stream. */
        public boolean endsStream() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }
    }

    private final Script script;
    private final ServerSocket server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final List<Connection> connections = new CopyOnWriteArrayList<>();

    /** Listens on a free port. */
    public Http2Target(Script script) throws IOException {
        this(script, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    }

    private Http2Target(Script script, ServerSocket server) {
        this.script = script;
        this.server = server;
        threads.execute(this::accept);
    }

    /**
     * Listens on a free port.
     *
     * @param version the only TLS version that it speaks, such as {@code TLSv1.3}
     */
    public static Http2Target withTls(Script script, SSLContext tls, String version) throws IOException {
        SSLServerSocket server = (SSLServerSocket)
                tls.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        SSLParameters parameters = server.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        parameters.setProtocols(new String[] {version});
        server.setSSLParameters(parameters);
        return new Http2Target(script, server);
    }

    /** The address, as in TARGET_GROUP_N_TARGETS. */
    public String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** All connections so far, in their order. */
    public List<Connection> connections() {
        return List.copyOf(connections);
    }

    /** The heads of the requests on all connections, each with one {@code name: value} per line. */
    public List<String> requests() {
        return connections.stream()
                .flatMap(connection -> connection.requests.stream())
                .toList();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                sockets.add(socket);
                threads.execute(() -> play(socket));
            } catch (IOException e) {
                // closed, or the connection had already gone
            }
        }
    }

    private void play(Socket socket) {
        try (socket) {
            Connection connection = new Connection(socket);
            connections.add(connection);
            script.play(connection);
        } catch (IOException e) {
            // the test sees it on the other side
        } finally {
            sockets.remove(socket);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        threads.shutdownNow();
    }

    /** One connection. Only for the thread of its script, except for the requests. */
    public static final class Connection {

        private final Socket socket;
        private final DataInputStream in;
        private final HPackDecoder decoder = new HPackDecoder(TABLE_SIZE, StandardCharsets.ISO_8859_1);
        private final List<String> requests = new CopyOnWriteArrayList<>();
        private int window = WINDOW;
        private String farewell = "without a GOAWAY";

        Connection(Socket socket) throws IOException {
            this.socket = socket;
            socket.setSoTimeout((int) Wire.PATIENCE.toMillis());
            socket.setTcpNoDelay(true);
            this.in = new DataInputStream(socket.getInputStream());
        }

        private int readBeginOfFrame() throws IOException {
            try {
                return in.readInt();
            } catch (EOFException e) {
                throw new EOFException("The connection ended " + farewell);
            }
        }

        /** Reads the preface, and sends empty settings. */
        public void greet() throws IOException {
            String preface = new String(in.readNBytes(PREFACE_LENGTH), StandardCharsets.US_ASCII);
            if (!preface.startsWith("PRI * HTTP/2.0")) {
                throw new IOException("No preface: " + preface);
            }
            send(SETTINGS, 0, 0);
        }

        /**
         * Returns the next frame, but not SETTINGS, which are acknowledged here, nor a WINDOW_UPDATE of the whole
         * connection.
         */
        public Frame read() throws IOException {
            while (true) {
                int first = readBeginOfFrame();
                int length = first >>> 8;
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                byte[] payload = in.readNBytes(length);
                if (payload.length < length) {
                    throw new EOFException("The connection ended inside a frame");
                }
                int type = first & 0xFF;
                if (type == WINDOW_UPDATE && stream != 0) {
                    window += ByteBuffer.wrap(payload).getInt();
                    return new Frame(type, flags, stream, length);
                }
                if (type == SETTINGS && (flags & ACK) == 0) {
                    send(SETTINGS, ACK, 0);
                } else if (type == HEADERS) {
                    decode(payload);
                } else if (type == GOAWAY) {
                    farewell = "after a GOAWAY with error "
                            + ByteBuffer.wrap(payload).getInt(4) + " and \""
                            + new String(payload, 8, length - 8, StandardCharsets.ISO_8859_1) + '"';
                }
                if (type != SETTINGS && type != WINDOW_UPDATE) {
                    return new Frame(type, flags, stream, length);
                }
            }
        }

        /** All field sections received, each with one {@code name: value} per line. */
        List<String> fieldSections() {
            return List.copyOf(requests);
        }

        private void decode(byte[] payload) throws IOException {
            try {
                requests.add(decoder.decodeHeaders(ByteBuffer.wrap(payload)).stream()
                        .map(field -> field.getName() + ": " + field.getValue())
                        .collect(Collectors.joining("\n")));
            } catch (HttpException e) {
                throw new IOException(e);
            }
        }

        /** Reads a request to its end, opening the window for its body. Returns its stream. */
        public int readRequest() throws IOException {
            return readRequest(true);
        }

        /** Reads a request that fits into the window, without opening it further. Returns its stream. */
        public int readShortRequest() throws IOException {
            return readRequest(false);
        }

        private int readRequest(boolean givesRoom) throws IOException {
            Frame frame = read();
            while (!frame.endsStream()) {
                if (givesRoom) {
                    giveRoomFor(frame, BIT);
                }
                frame = read();
            }
            return frame.stream;
        }

        /** Opens the windows again by what a part of a body has taken, in bits of at most this many bytes. */
        private void giveRoomFor(Frame frame, int most) throws IOException {
            for (int left = frame.type == DATA ? frame.length : 0; left > 0; left -= most) {
                byte[] increment = ints(Math.min(left, most));
                send(WINDOW_UPDATE, 0, 0, increment);
                send(WINDOW_UPDATE, 0, frame.stream, increment);
            }
        }

        /** Reads the frames of the only stream to its end, opening the window. Returns the length of its body. */
        int readBody() throws IOException {
            int length = 0;
            while (true) {
                Frame frame = read();
                if (frame.type == RST_STREAM) {
                    throw new IOException("The stream was reset after " + length + " bytes");
                }
                length += frame.type == DATA ? frame.length : 0;
                giveRoomFor(frame, Integer.MAX_VALUE);
                if (frame.endsStream()) {
                    return length;
                }
            }
        }

        /** Sends a head or trailers: alternating names and values. */
        public void sendHeaders(int stream, int flags, String... namesAndValues) throws IOException {
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            for (int i = 0; i < namesAndValues.length; i += 2) {
                int name = PSEUDO_FIELDS.getOrDefault(namesAndValues[i], 0);
                block.write(name); // a literal without indexing, with a known or a new name (RFC 7541 section 6.2.2)
                if (name == 0) {
                    writeString(block, namesAndValues[i]);
                }
                writeString(block, namesAndValues[i + 1]);
            }
            send(HEADERS, flags | END_HEADERS, stream, block.toByteArray());
        }

        /** RFC 7541 section 5.2, without Huffman coding. */
        private static void writeString(ByteArrayOutputStream block, String text) {
            int rest = text.length() - 127;
            block.write(Math.min(text.length(), 127));
            for (; rest >= 128; rest >>>= 7) {
                block.write((rest & 127) | 128);
            }
            if (rest >= 0) {
                block.write(rest);
            }
            block.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        /** Sends a part of a body. */
        public void sendData(int stream, int flags, String text) throws IOException {
            send(DATA, flags, stream, text.getBytes(StandardCharsets.ISO_8859_1));
        }

        /** Waits until the window of the only request's stream has this much room, and takes it. */
        public void awaitRoom(int length) throws IOException {
            while (window < length) {
                read();
            }
            window -= length;
        }

        /** Sends a part of a body, with this much padding. */
        public void sendPadded(int stream, int flags, String text, int padding) throws IOException {
            byte[] payload = new byte[1 + text.length() + padding];
            payload[0] = (byte) padding;
            byte[] data = text.getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(data, 0, payload, 1, data.length);
            send(DATA, flags | PADDED, stream, payload);
        }

        /** Answers a request with a short text. */
        public void answer(int stream, String text) throws IOException {
            sendHeaders(stream, 0, ":status", "200", "content-length", Integer.toString(text.length()));
            sendData(stream, END_STREAM, text);
        }

        /** Resets a stream. */
        public void resetStream(int stream, int error) throws IOException {
            send(RST_STREAM, 0, stream, ints(error));
        }

        /** Sends GOAWAY: later streams than this are not processed. */
        public void goAway(int lastStream, int error) throws IOException {
            send(GOAWAY, 0, 0, ints(lastStream, error));
        }

        /** Sends a PING. */
        public void ping() throws IOException {
            send(PING, 0, 0, new byte[8]);
        }

        /** Sends exactly these bytes. */
        public void sendRaw(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        /** Sends any frame. */
        public void send(int type, int flags, int stream, byte... payload) throws IOException {
            byte[] frame = ByteBuffer.allocate(9 + payload.length)
                    .putInt(payload.length << 8 | type)
                    .put((byte) flags)
                    .putInt(stream)
                    .put(payload)
                    .array();
            socket.getOutputStream().write(frame);
        }

        private static byte[] ints(int... values) {
            ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES);
            Arrays.stream(values).forEach(bytes::putInt);
            return bytes.array();
        }

        /** Reads until the other side has closed the connection. */
        public void awaitEnd() throws IOException {
            in.transferTo(OutputStream.nullOutputStream());
        }

        @Override
        public String toString() {
            return requests.toString();
        }
    }
}
