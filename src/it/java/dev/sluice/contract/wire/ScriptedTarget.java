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

/** A target on loopback that does to its connections what it is told, one thread each. Safe for use by many threads. */
public final class ScriptedTarget implements Closeable {

    private static final int BACKLOG = 1024;
    private static final InetSocketAddress ANYWHERE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    /** What happens to a connection: it is closed after that. */
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

    /** Those that no request has come on, or none since the last was answered. */
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

    /** A target that plays scenes at this address, at any free port of it if that is 0. */
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

    /** As TARGET_GROUP_N_TARGETS wants it. */
    public String address() {
        return server.getInetAddress().getHostAddress() + ":" + port();
    }

    public int port() {
        return server.getLocalPort();
    }

    /** How many connections to it are open, idle ones included. */
    public int openConnections() {
        return connections.size();
    }

    boolean isStopping() {
        return stopping;
    }

    /**
     * Ends it as a server ends that is told to: it accepts nothing more, closes the connections that are idle, and the others when they
     * have got their answers. Returns when that is done.
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

    /** One that takes the place of this, which has ended, at the same port. */
    public ScriptedTarget startAgain() throws IOException {
        return new ScriptedTarget(name, scenes, (InetSocketAddress) server.getLocalSocketAddress());
    }

    /** Begins, or ends, to close every connection at once, those that are open too: before it has read anything, or in the middle. */
    public void turnAway(boolean begin) throws IOException {
        turningAway = begin;
        if (begin) {
            for (Socket socket : connections) {
                socket.close();
            }
        }
    }

    /** How many connections to it there have been. */
    public int acceptedConnections() {
        return accepted.get();
    }

    /** The names that it was asked for in TLS (RFC 6066 section 3), of each connection whose TLS came about. */
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
                // closed, or the connection was gone already
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
            // The scene knows.
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

    /** Null if the connection has ended, or is to. */
    private Head nextHead(Wire wire) throws IOException {
        idle.add(wire);
        if (stopping) {
            return null;
        }
        Head head = wire.readHead();
        return idle.remove(wire) ? head : null; // not idle any more: it has been closed meanwhile
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
