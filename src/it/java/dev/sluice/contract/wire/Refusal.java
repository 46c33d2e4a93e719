package dev.sluice.contract.wire;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A port that refuses every connection: it is bound, so that nobody else gets it, but not listening. */
public final class Refusal implements Closeable {

    private final Socket socket = new Socket();

    public Refusal() throws IOException {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** The address, as in TARGET_GROUP_N_TARGETS. */
    public String address() {
        return "127.0.0.1:" + socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
