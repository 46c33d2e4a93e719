package dev.sluice.contract.wire;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * A port that neither accepts nor refuses a connection: its backlog is full, so that the system drops further attempts.
 */
public final class BlackHole implements Closeable {

    private static final int MAX_QUEUE = 64;
    private static final int KNOCK_MILLIS = 300;

    private final ServerSocket server;
    private final List<Socket> queue = new ArrayList<>();
    private final boolean full;

    public BlackHole() throws IOException {
        this.server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        this.full = fill();
    }

    private boolean fill() throws IOException {
        for (int i = 0; i < MAX_QUEUE; i++) {
            Socket socket = new Socket();
            queue.add(socket);
            try {
                socket.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()), KNOCK_MILLIS);
            } catch (SocketTimeoutException e) {
                return true;
            }
        }
        return false;
    }

    /** Whether this system let the backlog be filled. */
    public boolean isFull() {
        return full;
    }

    /** The address, as in TARGET_GROUP_N_TARGETS. */
    public String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : queue) {
            socket.close();
        }
        server.close();
    }
}
