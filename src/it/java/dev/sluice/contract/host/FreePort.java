package dev.sluice.contract.host;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports that are free now, and likely so until their host takes them: they are drawn from below those that systems give to clients, and to
 * whoever asks for any.
 */
public final class FreePort {

    private static final int FIRST = 15_000;
    private static final int END = 32_000;

    private FreePort() {}

    public static int any() throws IOException {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException e) {
                // somebody's
            }
        }
    }
}
