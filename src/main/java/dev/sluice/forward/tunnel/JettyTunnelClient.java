package dev.sluice.forward.tunnel;

import dev.sluice.forward.container.JettyApi;
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
 * The client's side of a tunnel in Jetty, by Jetty's own API: with the Servlet API, nothing can be read from a request
 * that had no body. Once the 101 has been sent to the client, Jetty replaces its HTTP connection with this one. The web
 * application may use these classes because {@code WEB-INF/jetty-web.xml} exposes them.
 *
 * <p>Threads: Jetty's and the reactor's; one at a time reads, and one at a time writes. The two directions share only
 * the end point, which is safe for that, and {@code writing}.
 */
public final class JettyTunnelClient extends AbstractConnection implements Connection.UpgradeTo, TunnelClient {

    private final dev.sluice.forward.tunnel.Tunnel tunnel; // Connection has a type of that name
    private final Callback readable;
    private final Callback written;
    private ByteBuffer early = ByteBuffer.allocate(0);
    private volatile boolean writing;

    private JettyTunnelClient(EndPoint endPoint, Executor executor, dev.sluice.forward.tunnel.Tunnel tunnel) {
        super(endPoint, executor);
        this.tunnel = tunnel;
        this.readable = Callback.from(InvocationType.NON_BLOCKING, tunnel::clientReadable, tunnel::fail);
        this.written = Callback.from(InvocationType.NON_BLOCKING, this::written, tunnel::fail);
    }

    /** Makes the tunnel begin when the response to the request, a 101, is complete, or fail if that cannot be sent. */
    public static void prepare(HttpServletRequest clientRequest, dev.sluice.forward.tunnel.Tunnel tunnel) {
        Request request = JettyApi.request(clientRequest);
        ConnectionMetaData connection = request.getConnectionMetaData();
        EndPoint endPoint = connection.getConnection().getEndPoint();
        clientRequest.setAttribute(
                HttpStream.UPGRADE_CONNECTION_ATTRIBUTE,
                new JettyTunnelClient(endPoint, connection.getConnector().getExecutor(), tunnel));
        Request.addCompletionListener(
                request,
                failure -> { // last: from here on nothing fails
                    if (failure != null) {
                        tunnel.fail(failure);
                    }
                });
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

    /**
     * Ignores an idle time-out other than the tunnel's: Jetty sets another one when it shuts down, meant for
     * connections between two requests.
     */
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
        int length = getEndPoint().fill(ByteBuffer.wrap(into).limit(0)); // empty by Jetty's convention
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
        // write() flushes by itself
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
