package dev.sluice.contract.wire;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A target on loopback that does to its connections what it is told, one thread each. Safe for use by many threads. */
public final class ScriptedTarget implements Closeable {

    private static final int BACKLOG = 1024;

    /** What happens to a connection: it is closed after that. */
    @FunctionalInterface
    private interface Manners {
        void hold(Wire wire) throws IOException;
    }

    private final String name;
    private final Manners manners;
    private final ServerSocket server;
    private final ExecutorService threads;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

    private ScriptedTarget(String name, Scenes scenes) throws IOException {
        this.name = name;
        this.manners = scenes == null ? wire -> {} : wire -> play(scenes, wire);
        this.server = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "target " + name);
            thread.setDaemon(true);
            return thread;
        });
        threads.execute(this::accept);
    }

    /** A target that plays scenes. */
    public static ScriptedTarget of(String name, Scenes scenes) throws IOException {
        return new ScriptedTarget(name, scenes);
    }

    /** A target that closes every connection before it has read anything. */
    public static ScriptedTarget thatClosesAtOnce() throws IOException {
        return new ScriptedTarget("closes at once", null);
    }

    public String name() {
        return name;
    }

    /** As TARGET_GROUP_N_TARGETS wants it. */
    public String address() {
        return "127.0.0.1:" + port();
    }

    public int port() {
        return server.getLocalPort();
    }

    /** How many connections to it are open, idle ones included. */
    public int openConnections() {
        return connections.size();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                connections.add(socket);
                threads.execute(() -> hold(socket));
            } catch (IOException e) {
                // closed, or the connection was gone already
            }
        }
    }

    private void hold(Socket socket) {
        try (Wire wire = new Wire(socket)) {
            manners.hold(wire);
        } catch (IOException e) {
            // The scene knows.
        } finally {
            connections.remove(socket);
        }
    }

    private void play(Scenes scenes, Wire wire) throws IOException {
        int ordinal = 1;
        for (Head head = wire.readHead(); head != null; head = wire.isClosed() ? null : wire.readHead()) {
            scenes.of(head).play(this, wire, head, ordinal++);
        }
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
