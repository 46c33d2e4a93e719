package dev.sluice.contract.wire;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** A target on loopback that follows a script on each connection, with one thread per connection. Thread-safe. */
public final class ScriptedTarget implements Closeable {

    private static final int BACKLOG = 1024;
    private static final InetSocketAddress ANYWHERE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    /** What happens on a connection. Afterwards the connection is closed. */
    @FunctionalInterface
    private interface Manners {
        void hold(Wire wire) throws IOException;
    }

    private final String name;
    private final Scenes scenes;
    private final Manners manners;
    private final ServerSocket server;
    private final ExecutorService threads;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final List<String> serverNames = new CopyOnWriteArrayList<>();
    private final AtomicInteger accepted = new AtomicInteger();

    /** The connections without a request, or without a new one since the last response. */
    private final Set<Wire> idle = ConcurrentHashMap.newKeySet();

    private volatile boolean stopping;
    private volatile boolean turningAway;

    private ScriptedTarget(String name, Scenes scenes, InetSocketAddress address) throws IOException {
        this(name, scenes, new ServerSocket(address.getPort(), BACKLOG, address.getAddress()));
    }

    private ScriptedTarget(String name, Scenes scenes, ServerSocket server) {
        this.name = name;
        this.scenes = scenes;
        this.manners = scenes == null ? wire -> {} : this::play;
        this.server = server;
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "target " + name);
            thread.setDaemon(true);
            return thread;
        });
        threads.execute(this::accept);
    }

    /** A target that plays scenes. */
    public static ScriptedTarget of(String name, Scenes scenes) throws IOException {
        return at(ANYWHERE, name, scenes);
    }

    /** A target that plays scenes at this address. Port 0 means any free port. */
    public static ScriptedTarget at(InetSocketAddress address, String name, Scenes scenes) throws IOException {
        return new ScriptedTarget(name, scenes, address);
    }

    /** A target that plays scenes over TLS. */
    public static ScriptedTarget withTls(String name, Scenes scenes, SSLContext tls) throws IOException {
        ServerSocket server =
                tls.getServerSocketFactory().createServerSocket(ANYWHERE.getPort(), BACKLOG, ANYWHERE.getAddress());
        return new ScriptedTarget(name, scenes, server);
    }

    /** A target that closes every connection before it has read anything. */
    public static ScriptedTarget thatClosesAtOnce() throws IOException {
        return new ScriptedTarget("closes at once", null, ANYWHERE);
    }

    public String name() {
        return name;
    }

    /** The address, as in TARGET_GROUP_N_TARGETS. */
    public String address() {
        return server.getInetAddress().getHostAddress() + ":" + port();
    }

    public int port() {
        return server.getLocalPort();
    }

    /** The number of open connections, idle ones included. */
    public int openConnections() {
        return connections.size();
    }

    boolean isStopping() {
        return stopping;
    }

    /**
     * Shuts the target down gracefully: it accepts no more connections, closes the idle ones, and closes the others
     * once they have their responses. Returns when that is done.
     */
    public void stop() throws IOException {
        stopping = true;
        server.close();
        for (Wire wire : List.copyOf(idle)) {
            if (idle.remove(wire)) {
                wire.close();
            }
        }
        threads.shutdown();
        try {
            if (!threads.awaitTermination(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError(name + " does not get done");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Starts a successor on the same port. This target must have ended. */
    public ScriptedTarget startAgain() throws IOException {
        return new ScriptedTarget(name, scenes, (InetSocketAddress) server.getLocalSocketAddress());
    }

    /**
     * Begins or ends closing every connection at once. New connections are closed before anything is read; those that
     * are open when it begins are closed too, even in the middle of an exchange.
     */
    public void turnAway(boolean begin) throws IOException {
        turningAway = begin;
        if (begin) {
            for (Socket socket : connections) {
                socket.close();
            }
        }
    }

    /** The number of connections that it has accepted. */
    public int acceptedConnections() {
        return accepted.get();
    }

    /** The server name (RFC 6066 section 3) of each connection whose handshake succeeded; empty if it named none. */
    public List<String> serverNames() {
        return List.copyOf(serverNames);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                accepted.incrementAndGet();
                connections.add(socket);
                execute(socket);
            } catch (IOException e) {
                // closed, or the connection had already gone
            }
        }
    }

    private void execute(Socket socket) throws IOException {
        try {
            threads.execute(() -> hold(socket));
        } catch (RejectedExecutionException e) {
            socket.close(); // accepted at the very end
        }
    }

    private void hold(Socket socket) {
        try (Wire wire = new Wire(socket)) {
            if (socket instanceof SSLSocket tls) {
                keepServerName(tls);
            }
            if (!turningAway) {
                manners.hold(wire);
            }
        } catch (IOException e) {
            // The scene has recorded it.
        } finally {
            connections.remove(socket);
        }
    }

    private void keepServerName(SSLSocket tls) throws IOException {
        tls.startHandshake();
        List<SNIServerName> names = ((ExtendedSSLSession) tls.getSession()).getRequestedServerNames();
        serverNames.add(names.isEmpty() ? "" : new String(names.get(0).getEncoded(), StandardCharsets.US_ASCII));
    }

    private void play(Wire wire) throws IOException {
        int ordinal = 1;
        try {
            for (Head head = nextHead(wire); head != null; head = wire.isClosed() ? null : nextHead(wire)) {
                scenes.of(head).play(this, wire, head, ordinal++);
            }
        } finally {
            idle.remove(wire);
        }
    }

    /** Returns null if the connection has ended or is to be closed. */
    private Head nextHead(Wire wire) throws IOException {
        idle.add(wire);
        if (stopping) {
            return null;
        }
        Head head = wire.readHead();
        return idle.remove(wire) ? head : null; // no longer idle: closed in the meantime
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : connections) {
            socket.close();
        }
        threads.shutdownNow();
    }
}
