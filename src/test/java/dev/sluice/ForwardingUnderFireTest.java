package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationSources;
import dev.sluice.observe.Transaction;
import dev.sluice.observe.TransactionObserver;
import dev.sluice.target.Target;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Clients and targets do everything wrong at once. Whatever happens, nothing stays leased, and the next request is
 * answered.
 */
class ForwardingUnderFireTest {

    private static final int CLIENTS = 16;
    private static final int REQUESTS = 250; // per client

    /** An interim and a final response, sent in one piece. Their heads have 8 KiB together. */
    private static final String EARLY_ANSWER = responseHead("100 Continue", 2 * 1024)
            + responseHead("413 Content Too Large\r\nContent-Length: 0\r\nConnection: close", 6 * 1024);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger targetConnections = new AtomicInteger();
    private final Queue<String> notChunks = new ConcurrentLinkedQueue<>();
    private final List<ServerSocket> targets = new ArrayList<>();
    private final Server jetty = new Server();
    private final ServerConnector listener = new ServerConnector(jetty);
    private final Recorder recorder = new Recorder();
    private LiveLoadBalancer loadBalancer;

    @BeforeEach
    void start() throws Exception {
        for (int i = 0; i < 3; i++) {
            ServerSocket target = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
            targets.add(target);
            threads.submit(() -> accept(target));
        }
        String addresses = String.join(
                ",", targets.stream().map(t -> "127.0.0.1:" + t.getLocalPort()).toList());
        Configuration configuration = Configuration.load(
                Map.of(
                        "CONNECTION_TIMEOUT", "2000", // far more than a busy machine needs
                        "TARGET_GROUP_1_NAME", "fire",
                        "TARGET_GROUP_1_TARGETS", addresses,
                        "LISTENER_RULE_1_PATH_PREFIX", "/",
                        "LISTENER_RULE_1_TARGET_GROUP", "fire"),
                Map.of());
        ServletContextHandler context = new ServletContextHandler("/");
        context.addEventListener(new SluiceContextListener(
                new Sluice(configuration, new ConfigurationSources(Map.of(), Map.of()), lines -> {}, recorder),
                inUse -> {}));
        ServletHolder proxy = new ServletHolder(new ProxyServlet());
        proxy.setAsyncSupported(true);
        context.addServlet(proxy, "/*");
        jetty.setHandler(context);
        listener.setHost("127.0.0.1");
        listener.setAcceptQueueSize(1024);
        jetty.addConnector(listener);
        jetty.start();
        loadBalancer = SluiceContextListener.live(context.getServletContext());
    }

    @AfterEach
    void stop() throws Exception {
        jetty.stop();
        for (ServerSocket target : targets) {
            target.close();
        }
        threads.shutdownNow();
    }

    private Void accept(ServerSocket target) throws IOException {
        while (true) {
            Socket connection = target.accept();
            targetConnections.incrementAndGet();
            threads.submit(() -> {
                try (connection) {
                    connection.setSoTimeout(5_000);
                    // Otherwise TCP may hold a response back, and the close that follows discards it.
                    connection.setTcpNoDelay(true);
                    answer(connection);
                } catch (IOException e) {
                    // broken connections are what is tested here
                } finally {
                    targetConnections.decrementAndGet();
                }
            });
        }
    }

    private void answer(Socket connection) throws IOException {
        InputStream in = connection.getInputStream();
        OutputStream out = connection.getOutputStream();
        for (String head = head(in); !head.isEmpty(); head = head(in)) {
            String path = head.split(" ", 3)[1];
            switch (path) {
                case "/ok" -> send(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                case "/large" -> {
                    send(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    for (int i = 0; i < 64; i++) {
                        send(out, "4000\r\n" + "x".repeat(0x4000) + "\r\n");
                    }
                    send(out, "0\r\n\r\n");
                }
                case "/close" -> {
                    return;
                }
                case "/reset" -> {
                    connection.setSoLinger(true, 0);
                    return;
                }
                case "/half" -> {
                    send(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(50_000));
                    return;
                }
                case "/early" -> {
                    send(out, EARLY_ANSWER);
                    return;
                }
                case "/refuse" -> {
                    send(out, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
                    readChunks(in);
                }
                case "/garbage" -> {
                    send(out, "what?\r\n\r\n");
                    return;
                }
                case "/silent", "/sink" -> in.transferTo(OutputStream.nullOutputStream());
                default -> throw new IllegalArgumentException(path);
            }
        }
    }

    /** Reads up to the end of the last chunk: what follows is the next request. */
    private void readChunks(InputStream in) throws IOException {
        for (String size = line(in); !size.equals("0"); size = line(in)) {
            if (!size.matches("[0-9a-f]+")) {
                notChunks.add(size);
                throw new IOException(size);
            }
            in.readNBytes(Integer.parseInt(size, 16));
            line(in);
        }
        line(in);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException();
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }

    private static String responseHead(String begin, int length) {
        String head = "HTTP/1.1 " + begin + "\r\nField: %s\r\n\r\n";
        return head.formatted("x".repeat(length - head.length() + "%s".length()));
    }

    private static void send(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The next head; empty at the end of the stream. */
    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            head.append((char) c);
            if (c == '\n'
                    && head.length() >= 4
                    && head.substring(head.length() - 4).equals("\r\n\r\n")) {
                return head.toString();
            }
        }
        return "";
    }

    private Socket connect() throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort());
        client.setSoTimeout(20_000);
        return client;
    }

    private void request(int number) throws IOException {
        try (Socket client = connect()) {
            OutputStream out = client.getOutputStream();
            switch (number % 12) {
                case 0, 1, 2 -> exchange(client, "GET /ok", "", "");
                case 3 -> exchange(client, "GET /large", "", "");
                case 4 -> exchange(client, "GET /close", "", "");
                case 5 -> exchange(client, "POST /reset", "Content-Length: 5\r\n", "hello");
                case 6 -> exchange(client, "GET /half", "", "");
                case 7 -> exchange(client, "POST /early", "Content-Length: 300000\r\n", "x".repeat(300_000));
                case 8 -> { // leaves in the middle of the response
                    send(out, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
                    client.getInputStream().readNBytes(1_000);
                    client.setSoLinger(number % 2 == 0, 0); // with a reset or without
                }
                case 9 -> // leaves in the middle of the request
                    send(out, "POST /sink HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
                case 10 -> exchange(client, number / 12 % 12 == 0 ? "GET /silent" : "GET /garbage", "", "");
                case 11 -> { // ends its body while a response arrives that does not need it
                    send(
                            out,
                            "POST /refuse HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
                    exchange(client, "5\r\nhello\r\n0\r\n\r\n");
                }
                default -> throw new AssertionError();
            }
        } catch (java.net.SocketException e) {
            // a reset may come before the response was read; that is for the contract suite
        }
    }

    private static void exchange(Socket client, String start, String headers, String body) throws IOException {
        exchange(client, start + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + "\r\n" + body);
    }

    private static void exchange(Socket client, String request) throws IOException {
        send(client.getOutputStream(), request);
        client.getInputStream().transferTo(OutputStream.nullOutputStream());
    }

    @Test
    void nothingStaysLeasedAndTheNextRequestIsAnswered() throws Exception {
        List<Callable<Void>> clients = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            int first = client;
            clients.add(() -> {
                for (int i = 0; i < REQUESTS; i++) {
                    request(first + i);
                }
                return null;
            });
        }
        for (Future<Void> client : threads.invokeAll(clients)) {
            client.get();
        }
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(loadBalancer.current().targetGroups().get(0).targets()).allSatisfy(target -> {
                assertThat(target.inFlight()).as("in flight at %s", target).isZero();
                assertThat(loadBalancer.shared().connections().count(target).leased())
                        .as("leased for %s", target)
                        .isZero();
            });
            assertThat(targetConnections).hasValue(0); // the idle ones were closed
        });
        for (int i = 0; i < 100; i++) {
            try (Socket client = connect()) {
                send(client.getOutputStream(), "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
                assertThat(answer).startsWith("HTTP/1.1 200").endsWith("ok");
            }
        }
        assertThat(loadBalancer.current().targetGroups().get(0).targets())
                .extracting(Target::inFlight)
                .containsOnly(0);
        assertThat(notChunks).isEmpty();
        await().untilAsserted(recorder::assertComplete); // a client has all of its response a moment before
    }

    /** Records requests. Each must end exactly once, whatever becomes of it. */
    private static final class Recorder implements TransactionObserver {

        private final Queue<Transaction> ended = new ConcurrentLinkedQueue<>();

        @Override
        public void ended(Transaction transaction) {
            ended.add(transaction);
        }

        void assertComplete() {
            assertThat(ended).hasSize(CLIENTS * REQUESTS + 100).doesNotHaveDuplicates();
            assertThat(terminations("/ok")).containsExactly("--");
            assertThat(terminations("/early")).isSubsetOf("--", "CD", "CL");
            assertThat(terminations("/refuse")).isSubsetOf("--", "CD", "CL");
            assertThat(terminations("/close")).containsExactly("SH");
            assertThat(terminations("/half")).containsExactly("SD");
            assertThat(terminations("/silent")).containsExactly("sH");
            assertThat(terminations("/garbage")).containsExactly("PH");
            assertThat(terminations("/large")).contains("--").isSubsetOf("--", "CD", "CL");
        }

        private Set<String> terminations(String path) {
            return ended.stream()
                    .filter(transaction -> transaction.path().equals(path))
                    .map(Transaction::termination)
                    .collect(Collectors.toSet());
        }
    }
}
