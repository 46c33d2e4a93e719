package dev.sluice.contract.host;

import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Wire;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A running host. Its output is kept in {@code target/it-logs}. Closing it ends the process, whatever state it is in.
 */
public final class HostProcess implements Closeable {

    private static final Path LOGS = Path.of("target", "it-logs");
    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration STOP = Duration.ofSeconds(30);
    private static final int LINES_SHOWN = 60;

    private final Process process;
    private final Path directory;
    private final Path log;
    private final int port;

    private HostProcess(Process process, Path directory, Path log, int port) {
        this.process = process;
        this.directory = directory;
        this.log = log;
        this.port = port;
    }

    static HostProcess start(String name, List<String> command, Path directory, int port, Map<String, String> variables)
            throws IOException {
        Files.createDirectories(LOGS);
        Path log = Files.createTempFile(LOGS, name + "-", ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(HostProcess::isSluices);
        builder.environment().put("LISTENER_PORT", Integer.toString(port));
        builder.environment().putAll(variables);
        return new HostProcess(builder.start(), directory, log, port);
    }

    private static boolean isSluices(String variable) {
        return Stream.of(
                        "ADMIN_",
                        "SHUTDOWN_",
                        "ACCESS_LOG",
                        "TARGET_GROUP_",
                        "LISTENER_",
                        "LOAD_BALANCING_",
                        "STICKINESS_",
                        "QUEUE_TIMEOUT_",
                        "CONNECTION_TIMEOUT",
                        "CONFIG_FILE",
                        "DEREGISTRATION_",
                        "DNS_",
                        "EJECTION_",
                        "SLOW_START_",
                        "FORWARDED_",
                        "HEALTH_CHECK_",
                        "LOCATION_REWRITE",
                        "MAX_",
                        "PRESERVE_HOST_",
                        "REQUEST_",
                        "RETRY_",
                        "STREAM_",
                        "TUNNEL_",
                        "VIA",
                        "TRACING",
                        "TRUSTED_",
                        "MOCK_")
                .anyMatch(variable::startsWith);
    }

    public int port() {
        return port;
    }

    /** Waits until a request for this path is answered with 200. */
    public HostProcess awaitReady(String path) {
        await().atMost(START).pollInterval(Duration.ofMillis(100)).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("The host ended with " + process.exitValue() + ":\n" + tail());
            }
            return isReady(path);
        });
        return this;
    }

    private boolean isReady(String path) {
        try (Wire wire = Wire.connect(port)) {
            Reply reply = wire.sendHead("GET " + path + " HTTP/1.1", "Host: localhost", "Connection: close")
                    .readReply();
            return reply.status() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether the process is running. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** The number of open files and sockets, as Linux reports it; -1 on other systems. */
    public int openFiles() {
        return count("fd");
    }

    /** The number of threads, as Linux reports it; -1 on other systems. */
    public int threads() {
        return count("task");
    }

    /** The CPU time that its threads have used so far, in total; 0 if unknown. */
    public Duration cpuTime() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private int count(String what) {
        String[] entries =
                Path.of("/proc", Long.toString(process.pid()), what).toFile().list();
        return entries == null ? -1 : entries.length;
    }

    /** The lines that it has printed so far. */
    public List<String> log() {
        try {
            return new String(Files.readAllBytes(log), StandardCharsets.ISO_8859_1)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for a log line that contains all of these. */
    public void awaitLogLine(String... parts) {
        await().alias("a line of " + log + " with " + List.of(parts))
                .atMost(START)
                .until(() -> log().stream().anyMatch(line -> Stream.of(parts).allMatch(line::contains)));
    }

    /** Asks the process to end, as an init system does. */
    public void terminate() {
        process.destroy();
    }

    /** Deletes a file of the host's own directory. */
    public void delete(String file) throws IOException {
        Files.delete(directory.resolve(file));
    }

    /** Sends SIGHUP, on which a daemon reads its configuration again. */
    public void hangUp() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start().waitFor();
    }

    /** Ends the process immediately, without giving it a chance to react. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Waits until the host accepts no more connections. */
    public void awaitNoListener() {
        await().alias("an end of listening").atMost(STOP).until(() -> !isListening());
    }

    private boolean isListening() {
        try {
            Wire.connect(port).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Waits for the process to end, and returns its exit code. */
    public int awaitExit() throws InterruptedException {
        if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("The host does not end:\n" + tail());
        }
        return process.exitValue();
    }

    private String tail() {
        List<String> lines = log();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()));
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Host.deleteDirectory(directory);
    }
}
