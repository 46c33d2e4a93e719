package dev.sluice.forward;

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
 * The client's side in Tomcat, by the API of its own WebSocket: by the Servlet API it would call its listeners in a loop for as long as a
 * target has no room, and close only a client that sends something. Made and opened by Tomcat.
 *
 * <p>Threads: Tomcat's and the reactor's. The monitor is held for each call on the socket, of which Tomcat itself makes none meanwhile.
 */
public final class TomcatTunnelClient implements InternalHttpUpgradeHandler, TunnelClient {

    @SuppressWarnings("NullAway.Init") // both come before anything else is called
    private volatile Tunnel tunnel;

    @SuppressWarnings("NullAway.Init")
    private volatile SocketWrapperBase<?> socket;

    private boolean flushing;

    /** For Tomcat. */
    public TomcatTunnelClient() {}

    void carry(Tunnel tunnel) {
        this.tunnel = tunnel;
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
            case STOP -> tunnel.hostStops(); // or this side was told to close
            default -> tunnel.clientIsGone();
        }
        return tunnel.isClosed() ? SocketState.CLOSED : SocketState.ASYNC_IO;
    }

    /** Nothing is waited for but what is asked for here. */
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

    /** A call of Tomcat's finds the tunnel closed. */
    @Override
    public void close() {
        socket.processSocket(SocketEvent.STOP, true);
    }

    @Override
    public void pause() {
        // it goes on until it ends
    }

    @Override
    public void timeoutAsync(long now) {
        // the tunnel has its own
    }

    @Override
    public void setSslSupport(SSLSupport sslSupport) {
        // whether there is TLS makes no difference
    }
}
