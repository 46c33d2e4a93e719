package dev.sluice.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.config.EjectionConfiguration;
import dev.sluice.config.HealthCheckConfiguration;
import dev.sluice.config.HealthCheckConfiguration.Protocol;
import dev.sluice.config.StatusCodes;
import dev.sluice.config.StatusCodes.Range;
import dev.sluice.health.Health.State;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.apache.hc.core5.reactor.IOSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Health checks over real connections, of a target that does what each test wants. */
@Timeout(60)
class HealthCheckerTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final char[] PASSWORD = "changeit".toCharArray();

    private final ScheduledThreadPoolExecutor timer = new ImpatientTimer();
    private final HealthChecker checker = new HealthChecker(timer, () -> 0.5);
    private final List<ServerSocket> targets = new ArrayList<>();
    private final List<Socket> connections = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    private final Health health = new Health(
            "web: a",
            configuration(Protocol.HTTP, 0),
            EjectionConfiguration.DEFAULT,
            new Ejections(),
            timer,
            System::nanoTime,
            new Flips(),
            () -> {});

    @TempDir
    Path directory;

    /** What is to be done every minute is done all the time. */
    private static final class ImpatientTimer extends ScheduledThreadPoolExecutor {

        ImpatientTimer() {
            super(1);
            setRemoveOnCancelPolicy(true);
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long first, long delay, TimeUnit unit) {
            assertThat(unit.toMinutes(delay)).isOne();
            return super.scheduleWithFixedDelay(task, 1, 1, TimeUnit.MILLISECONDS);
        }
    }

    private static HealthCheckConfiguration configuration(Protocol protocol, int port) {
        return new HealthCheckConfiguration(
                protocol,
                "/health?deep=1",
                port,
                Duration.ofMillis(20),
                Duration.ofMillis(500),
                2,
                2,
                new StatusCodes(List.of(new Range(200, 399))));
    }

    @AfterEach
    void stop() throws IOException {
        checker.close();
        timer.shutdownNow();
        for (ServerSocket target : targets) {
            target.close();
        }
        for (Socket connection : connections) {
            connection.close();
        }
    }

    /** Answers every request with this; empty for silence. Returns the port. */
    private int target(ServerSocket target, String answer) {
        targets.add(target);
        Thread thread = new Thread(() -> {
            while (!target.isClosed()) {
                try {
                    Socket connection = target.accept();
                    BufferedReader in = new BufferedReader(
                            new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
                    StringBuilder head = new StringBuilder();
                    for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                        head.append(line).append('\n');
                    }
                    requests.add(head.toString());
                    connection.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                    connections.add(connection);
                    if (!answer.isEmpty()) {
                        connection.close();
                    }
                } catch (IOException e) {
                    // the checker has closed the connection, or the test is over
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
        return target.getLocalPort();
    }

    private int target(String answer) throws IOException {
        return target(new ServerSocket(0, 50, LOOPBACK), answer);
    }

    private Schedule check(Protocol protocol, int port) {
        return checker.check(configuration(protocol, 0), "a.example", LOOPBACK, port, health);
    }

    private void awaitState(State state) {
        await().untilAsserted(() -> assertThat(health.state()).isEqualTo(state));
    }

    @Test
    void aStatusThatMatchesPasses() throws Exception {
        int port = target("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
        check(Protocol.HTTP, port);
        awaitState(State.HEALTHY);
        assertThat(requests.take())
                .startsWith("GET /health?deep=1 HTTP/1.1\n")
                .contains("Host: a.example:" + port + "\n")
                .contains("User-Agent: Sluice-HealthCheck\n");
    }

    /** A response to a request may have as much. */
    @Test
    void aLargeHeadPasses() throws IOException {
        String fields = "A: b\r\n".repeat(400) + "C: " + "d".repeat(24 * 1024) + "\r\n";
        check(Protocol.HTTP, target("HTTP/1.1 200 OK\r\n" + fields + "Content-Length: 0\r\n\r\n"));
        awaitState(State.HEALTHY);
    }

    @Test
    void aStatusThatDoesNotMatchFails() throws IOException {
        check(Protocol.HTTP, target("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"));
        awaitState(State.UNHEALTHY);
    }

    @Test
    void whatIsNotHttpFails() throws IOException {
        check(Protocol.HTTP, target("220 mail.example ESMTP\r\n"));
        awaitState(State.UNHEALTHY);
    }

    @Test
    void aTargetThatRefusesFails() throws IOException {
        ServerSocket refusing = new ServerSocket(0, 50, LOOPBACK);
        refusing.close();
        check(Protocol.HTTP, refusing.getLocalPort());
        awaitState(State.UNHEALTHY);
    }

    @Test
    void silenceFails() throws IOException {
        check(Protocol.HTTP, target(""));
        awaitState(State.UNHEALTHY);
    }

    @Test
    void anAnswerThatDoesNotEndFails() throws IOException {
        check(Protocol.HTTP, target("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
        awaitState(State.UNHEALTHY);
    }

    @Test
    void aConnectionIsEnoughForTcp() throws IOException {
        check(Protocol.TCP, target(""));
        awaitState(State.HEALTHY);
    }

    @Test
    void anotherPortCanBeAsked() throws IOException {
        int port = target("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        checker.check(configuration(Protocol.HTTP, port), "a.example", LOOPBACK, 1, health);
        awaitState(State.HEALTHY);
    }

    /** The certificate is self-signed and for another name. */
    @Test
    void tlsIsSpokenWithWhomeverItIs() throws Exception {
        Path keyStore = directory.resolve("target.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=somebody",
                        "-storepass",
                        new String(PASSWORD),
                        "-keystore",
                        keyStore.toString())
                .redirectErrorStream(true)
                .start();
        keytool.getInputStream().readAllBytes();
        assertThat(keytool.waitFor()).isZero();
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(KeyStore.getInstance(keyStore.toFile(), PASSWORD), PASSWORD);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), null, null);
        ServerSocket target = tls.getServerSocketFactory().createServerSocket(0, 50, LOOPBACK);
        check(Protocol.HTTPS, target(target, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        awaitState(State.HEALTHY);
    }

    /** Each check used to leave behind a connection, for as long as the target went on. */
    @Test
    void aHandshakeThatDoesNotEndIsCutOff() throws Exception {
        ServerSocket target = new ServerSocket(0, 50, LOOPBACK);
        targets.add(target);
        check(Protocol.HTTPS, target.getLocalPort());
        Socket connection = target.accept();
        connections.add(connection);
        OutputStream out = connection.getOutputStream();
        out.write(new byte[] {22, 3, 3, 0x3f, 0}); // a handshake message of 16,128 bytes follows, byte by byte
        await().until(() -> isCutOff(out));
    }

    private static boolean isCutOff(OutputStream out) {
        try {
            out.write(0);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void checksGoOnUntilTheyAreEnded() throws Exception {
        Schedule schedule = check(Protocol.HTTP, target("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        for (int i = 0; i < 5; i++) {
            requests.take();
        }
        schedule.close();
        timer.shutdown(); // a scheduled task would keep it alive
        assertThat(timer.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /** An entry for each target ever checked used to stay. */
    @Test
    void nothingIsKeptOfATargetThatIsNotCheckedAnyMore() throws Exception {
        Schedule schedule = check(Protocol.HTTP, target("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        awaitState(State.HEALTHY);
        schedule.close();
        await().until(() -> checker.requester().getRoutes().isEmpty());
        checker.close();
        await().until(() -> timer.getQueue().isEmpty());
    }

    /** TCP may connect just as the check times out, so that TLS begins only then. */
    @Test
    void tlsThatBeginsTooLateIsCutOff() throws Exception {
        Schedule schedule = check(Protocol.HTTP, target("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        schedule.close();
        Schedule.Check check = schedule.new Check();
        check.endWithoutVerdict();
        AtomicBoolean isClosed = new AtomicBoolean();
        check.beginsTls((IOSession) Proxy.newProxyInstance(
                HealthCheckerTest.class.getClassLoader(),
                new Class<?>[] {IOSession.class},
                (proxy, method, arguments) -> {
                    isClosed.compareAndSet(false, method.getName().equals("close"));
                    return null;
                }));
        assertThat(isClosed).isTrue();
    }
}
