package dev.sluice.contract.host;

import dev.sluice.contract.wire.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A way to run the WAR. A new host is one subclass, which says how its process is started. */
public abstract class Host {

    /** The heap of every host that runs here: whatever Sluice streams must fit through it. */
    private static final String HEAP = "-Xmx64m";

    /**
     * Without the optimizing compiler: in a life of two minutes it costs more than all else together, and makes hosts that
     * run side by side late. The unit tests and src/bench run with it.
     */
    private static final String ONE_COMPILER = "-XX:TieredStopAtLevel=1";

    private final String name;

    Host(String name) {
        this.name = name;
    }

    /**
     * Starts the host with these Sluice variables on a free port. Returns immediately; {@link HostProcess#awaitReady}
     * waits.
     */
    public final HostProcess start(Map<String, String> variables) throws IOException {
        return start(List.of(), HEAP, variables);
    }

    /** The same, with a heap of at most this many MiB. */
    public final HostProcess startWithHeap(int limit, Map<String, String> variables) throws IOException {
        return start(List.of(), "-Xmx" + limit + "m", variables);
    }

    /** The same, with at most this many open files, sockets included. */
    public final HostProcess startWithFiles(int limit, Map<String, String> variables) throws IOException {
        return start(List.of("sh", "-c", "ulimit -n " + limit + " && exec \"$0\" \"$@\""), HEAP, variables);
    }

    /** The same, but nobody reads its standard error, which is a pipe. */
    public final HostProcess startWithUnreadErrors(Map<String, String> variables) throws IOException {
        return start(
                List.of("sh", "-c", "mkfifo unread && exec \"$0\" \"$@\" 2<>unread"), // neither waits for a reader
                HEAP,
                variables);
    }

    private HostProcess start(List<String> wrapper, String heap, Map<String, String> variables) throws IOException {
        Path directory = Files.createTempDirectory("sluice-" + name + "-");
        int port = FreePort.any();
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of(java(), heap, ONE_COMPILER));
        command.addAll(prepare(directory, port));
        return HostProcess.start(name, command, directory, port, variables);
    }

    /**
     * Puts what the host needs into its directory, and returns the arguments of {@code java}. The host listens on the
     * port, which is also in the environment variable LISTENER_PORT.
     */
    abstract List<String> prepare(Path directory, int port) throws IOException;

    /**
     * Whether the host sends 100 Continue before it calls the servlet, so that no target is asked whether it wants the
     * body.
     */
    public boolean asksForBodiesByItself() {
        return false;
    }

    /** Whether the host continues to read a request after its response has ended. */
    public boolean readsOnAfterAnswers() {
        return true;
    }

    /** Whether the host can send an interim response, such as 103, before the final response. */
    public boolean sendsInterimResponses() {
        return true;
    }

    /**
     * Whether the host keeps a connection open after it has itself refused a request for what it asks for, rather than
     * for how it is written.
     */
    public boolean leavesRefusedConnectionsOpen() {
        return false;
    }

    /**
     * Whether the host notices too late that a client has closed inside the line end that follows a chunk's data: by
     * then it has reported the body's end, as if the body were complete.
     */
    public boolean takesACutChunkForTheLast() {
        return false;
    }

    @Override
    public final String toString() {
        return name;
    }

    /** The {@code java} that runs the tests. */
    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** The WAR that is tested. */
    public static Path war() {
        return property("sluice.war");
    }

    static Path container(String name) {
        return property("sluice.containers").resolve(name);
    }

    static Path property(String name) {
        return Path.of(required(name));
    }

    static String required(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            throw new IllegalStateException("The system property " + name + " is set by the build: mvn verify");
        }
        return value;
    }

    static void copyDirectory(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
    }

    /** Deletes it with all that it contains. */
    static void deleteDirectory(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
