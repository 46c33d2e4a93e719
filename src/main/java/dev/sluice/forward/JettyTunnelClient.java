package dev.sluice.forward;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;

/**
 * The client's side in Jetty, by its own API: by the Servlet API nothing can be read of a request that had no body. Once the 101 is with the
 * client, Jetty puts this in the place of the HTTP connection. As a web application it may use these classes because {@code
 * WEB-INF/jetty-web.xml} says so.
 *
 * <p>Threads: Jetty's, one for what is read and one for what is written at a time, and the reactor's. The two share nothing but the end
 * point, which is safe for that, and {@code writing}.
 */
final class JettyTunnelClient extends AbstractConnection implements Connection.UpgradeTo, TunnelClient {

    private final dev.sluice.forward.Tunnel tunnel; // Connection has another
    private final Callback readable;
    private final Callback written;
    private ByteBuffer early = ByteBuffer.allocate(0);
    private volatile boolean writing;

    private JettyTunnelClient(EndPoint endPoint, Executor executor, dev.sluice.forward.Tunnel tunnel) {
        super(endPoint, executor);
        this.tunnel = tunnel;
        this.readable = Callback.from(InvocationType.NON_BLOCKING, tunnel::clientReadable, tunnel::fail);
        this.written = Callback.from(InvocationType.NON_BLOCKING, this::written, tunnel::fail);
    }

    /** Lets the tunnel begin when the request's answer, a 101, is complete. */
    static void prepare(HttpServletRequest clientRequest, dev.sluice.forward.Tunnel tunnel) {
        ConnectionMetaData connection =
                KnownHost.behind(clientRequest, "getRequest", Request.class).getConnectionMetaData();
        EndPoint endPoint = connection.getConnection().getEndPoint();
        clientRequest.setAttribute(
                HttpStream.UPGRADE_CONNECTION_ATTRIBUTE,
                new JettyTunnelClient(endPoint, connection.getConnector().getExecutor(), tunnel));
    }

    @Override
    public void onUpgradeTo(ByteBuffer buffer) {
        early = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
    }

    @Override
    public void onOpen() {
        super.onOpen();
        getEndPoint().setIdleTimeout(tunnel.idleMillis());
        tunnel.open(this);
    }

    /** Not where the patience is another than the tunnel's: it is Jetty's then, which shuts down, with connections between two requests. */
    @Override
    public boolean onIdleExpired(TimeoutException timeout) {
        return getEndPoint().getIdleTimeout() == tunnel.idleMillis();
    }

    @Override
    public void onFillable() {
        tunnel.clientReadable();
    }

    @Override
    public int read(byte[] into) throws IOException {
        if (early.hasRemaining()) {
            int length = Math.min(early.remaining(), into.length);
            early.get(into, 0, length);
            return length;
        }
        int length = getEndPoint().fill(ByteBuffer.wrap(into).limit(0)); // empty, as Jetty sees it
        if (length == 0) {
            tryFillInterested(readable);
        }
        return length;
    }

    @Override
    public boolean isReady() {
        return !writing;
    }

    @Override
    public void write(ByteBuffer bytes) {
        writing = true;
        getEndPoint().write(written, bytes);
    }

    private void written() {
        writing = false;
        tunnel.clientWritable();
    }

    @Override
    public void flush() {
        // what is written goes out
    }

    @Override
    public boolean endOutput() {
        getEndPoint().shutdownOutput();
        return true;
    }

    @Override
    public void onClose(Throwable cause) {
        super.onClose(cause);
        tunnel.clientIsGone();
    }
}
