package dev.sluice.forward.tunnel;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.WebConnection;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SSLSupport;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * The client's side of a tunnel in Tomcat, by the API that Tomcat's own WebSocket uses: with the Servlet API, Tomcat
 * would call the listeners in a loop for as long as the target has no room, and close only a client that sends
 * something. Created and opened by Tomcat.
 *
 * <p>Threads: Tomcat's and the reactor's. The monitor is held for all input and output on the socket, of which Tomcat
 * itself does none meanwhile.
 */
public final class TomcatTunnelClient implements InternalHttpUpgradeHandler, TunnelClient {

    @SuppressWarnings("NullAway.Init") // both come before anything else is called
    private volatile Tunnel tunnel;

    @SuppressWarnings("NullAway.Init")
    private volatile SocketWrapperBase<?> socket;

    private boolean flushing;

    /** Called by Tomcat. */
    public TomcatTunnelClient() {}

    /** Has Tomcat open the tunnel when the servlet's call returns. Called within that. Closes the tunnel if it fails. */
    public static void prepare(HttpServletRequest clientRequest, Tunnel tunnel) throws IOException, ServletException {
        try {
            clientRequest.upgrade(TomcatTunnelClient.class).tunnel = tunnel; // before Tomcat calls anything else
        } catch (IOException | ServletException | RuntimeException | Error e) {
            tunnel.fail(e);
            throw e;
        }
    }

    @Override
    public void setSocketWrapper(SocketWrapperBase<?> wrapper) {
        socket = wrapper;
    }

    @Override
    public void init(WebConnection connection) {
        socket.setWriteTimeout(tunnel.idleMillis());
        tunnel.open(this);
    }

    @Override
    public void destroy() {
        tunnel.clientIsGone();
    }

    @Override
    public SocketState upgradeDispatch(SocketEvent event) {
        switch (event) {
            case OPEN_READ -> tunnel.clientReadable();
            case OPEN_WRITE -> {
                try {
                    flush();
                    tunnel.clientWritable();
                } catch (IOException e) {
                    tunnel.fail(e);
                }
            }
            case STOP -> tunnel.hostStops(); // or close() was called
            default -> tunnel.clientIsGone();
        }
        return tunnel.isClosed() ? SocketState.CLOSED : SocketState.ASYNC_IO;
    }

    /** True: Tomcat waits only for what this class registers interest in. */
    @Override
    public boolean hasAsyncIO() {
        return true;
    }

    @Override
    public synchronized int read(byte[] into) throws IOException {
        try {
            int length = socket.read(false, into, 0, into.length);
            if (length == 0) {
                socket.registerReadInterest();
            }
            return length;
        } catch (EOFException e) {
            return -1;
        }
    }

    @Override
    public synchronized boolean isReady() {
        return !flushing && !socket.isClosed() && socket.isReadyForWrite();
    }

    @Override
    public synchronized void write(ByteBuffer bytes) throws IOException {
        socket.write(false, bytes);
    }

    @Override
    public synchronized void flush() throws IOException {
        flushing = socket.flush(false);
        if (flushing) {
            socket.registerWriteInterest();
        }
    }

    @Override
    public synchronized boolean endOutput() throws IOException {
        if (socket.getSocket() instanceof NioChannel channel && !(channel instanceof SecureNioChannel)) {
            channel.getIOChannel().shutdownOutput();
            return true;
        }
        return false;
    }

    /** Makes Tomcat call {@link #upgradeDispatch}, which finds the tunnel closed. */
    @Override
    public void close() {
        socket.processSocket(SocketEvent.STOP, true);
    }

    @Override
    public void pause() {
        // the tunnel goes on until it ends
    }

    @Override
    public void timeoutAsync(long now) {
        // the tunnel has its own time-outs
    }

    @Override
    public void setSslSupport(SSLSupport sslSupport) {
        // TLS makes no difference
    }
}
