package dev.sluice.contract.host;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Ports that are free now; nothing else may take one before its host does, but nothing here would. */
public final class FreePort {

    private FreePort() {}

    public static int any() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
