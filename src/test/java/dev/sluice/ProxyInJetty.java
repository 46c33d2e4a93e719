package dev.sluice;

import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationSources;
import dev.sluice.observe.Transaction;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.ForwardedRequestCustomizer;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Sluice with a test's own variables, in a Jetty within this process, and one target, in group 1. It is for settings
 * that apply to all groups at once; what every host must do is part of the contract suite in {@code src/it}.
 */
final class ProxyInJetty implements Closeable {

    /** A whole response, without a body. */
    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private static final int PATIENCE_MILLIS = 20_000;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final Server jetty = new Server();
    private final ServerConnector listener = new ServerConnector(jetty);
    private final ServerSocket target;
    private final Sluice sluice;
    private final List<Transaction> transactions = new CopyOnWriteArrayList<>();
    private volatile UnaryOperator<String> answer = request -> OK;

    /** @param variables names and values, in addition to those that forward all requests to the target */
    ProxyInJetty(String... variables) throws Exception {
        this((request, response, chain) -> chain.doFilter(request, response), variables);
    }

    /** @param before a filter that each request passes first */
    ProxyInJetty(Filter before, String... variables) throws Exception {
        this(new Handler.Wrapper(), before, variables);
    }

    /** @param around a handler of Jetty's own, which each request passes before it is one of the Servlet API */
    ProxyInJetty(Handler.Wrapper around) throws Exception {
        this(around, (request, response, chain) -> chain.doFilter(request, response));
    }

    private ProxyInJetty(Handler.Wrapper around, Filter before, String... variables) throws Exception {
        target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.submit(this::accept);
        ServletContextHandler context = new ServletContextHandler("/");
        sluice = new Sluice(
                configuration(target.getLocalPort(), variables),
                new ConfigurationSources(Map.of(), Map.of()),
                lines -> {},
                transactions::add);
        context.addEventListener(new SluiceContextListener(sluice, configuration -> {}));
        FilterHolder filter = new FilterHolder(before);
        filter.setAsyncSupported(true);
        context.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST));
        ServletHolder proxy = new ServletHolder(new ProxyServlet());
        proxy.setAsyncSupported(true);
        context.addServlet(proxy, "/*");
        listener.getConnectionFactory(HttpConnectionFactory.class)
                .getHttpConfiguration()
                .setUriCompliance(UriCompliance.UNSAFE); // as the launcher
        around.setHandler(context);
        jetty.setHandler(around);
        jetty.addConnector(listener);
        jetty.start();
    }

    private static Configuration configuration(int targetPort, String... variables) {
        Map<String, String> all = new HashMap<>(Map.of(
                "TARGET_GROUP_1_NAME", "one",
                "TARGET_GROUP_1_TARGETS", "127.0.0.1:" + targetPort,
                "CONNECTION_TIMEOUT", String.valueOf(PATIENCE_MILLIS), // a test may hold an answer back
                "LISTENER_RULE_1_PATH_PREFIX", "/",
                "LISTENER_RULE_1_TARGET_GROUP", "one"));
        for (int i = 0; i < variables.length; i += 2) {
            all.put(variables[i], variables[i + 1]);
        }
        return Configuration.load(all, Map.of());
    }

    /** The running load balancer. */
    LiveLoadBalancer live() {
        return sluice.live();
    }

    /** Replaces the configuration, by one with these variables. */
    void reload(String... variables) throws InterruptedException {
        live().replace(configuration(targetPort(), variables));
    }

    /** Jetty itself believes what proxies say: its requests count as theirs. */
    void hostBelievesProxies() {
        listener.getConnectionFactory(HttpConnectionFactory.class)
                .getHttpConfiguration()
                .addCustomizer(new ForwardedRequestCustomizer());
    }

    int port() {
        return listener.getLocalPort();
    }

    int targetPort() {
        return target.getLocalPort();
    }

    /** Sets what the target answers to the head of a request; 200 by default. */
    void answer(UnaryOperator<String> answer) {
        this.answer = answer;
    }

    /** The request heads that have reached the target. */
    List<String> requests() {
        return requests;
    }

    /** The records of the requests that have ended. */
    List<Transaction> transactions() {
        return transactions;
    }

    /** How many requests and tunnels are in flight. */
    int inFlight() {
        return sluice.inFlight();
    }

    /**
     * Sends a GET with Host and these field lines from 127.0.0.1. Returns the values of a field as the target gets
     * them.
     */
    List<String> atTarget(String field, String... fieldLines) throws IOException {
        requests.clear();
        ask("127.0.0.1", "GET / HTTP/1.1", with("Host: shop.example", fieldLines));
        return values(requests.get(0), field);
    }

    /** Sends a head, with {@code Connection: close}, from a local address. Returns the head of the response. */
    String ask(String from, String requestLine, String... fieldLines) throws IOException {
        try (Socket client = begin(from, requestLine, with("Connection: close", fieldLines))) {
            return head(client.getInputStream());
        }
    }

    /** Sends a head from a local address. The caller closes the client. */
    Socket begin(String from, String requestLine, String... fieldLines) throws IOException {
        Socket client = new Socket();
        client.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
        client.connect(new InetSocketAddress(InetAddress.getByName(from), port()), PATIENCE_MILLIS);
        client.setSoTimeout(PATIENCE_MILLIS);
        String head = requestLine + "\r\n" + String.join("\r\n", fieldLines) + "\r\n\r\n";
        client.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
        return client;
    }

    /** The values of all fields with that name, in order. */
    static List<String> values(String head, String name) {
        String prefix = name.toLowerCase(Locale.ROOT) + ":";
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
                .map(line -> line.substring(prefix.length()).strip())
                .toList();
    }

    private static String[] with(String first, String... more) {
        List<String> lines = new ArrayList<>(List.of(first));
        lines.addAll(List.of(more));
        return lines.toArray(String[]::new);
    }

    private Void accept() throws IOException {
        while (true) {
            Socket connection = target.accept();
            threads.submit(() -> {
                try (connection) {
                    connection.setSoTimeout(PATIENCE_MILLIS);
                    for (String head = head(connection.getInputStream());
                            !head.isEmpty();
                            head = head(connection.getInputStream())) {
                        requests.add(head);
                        connection.getOutputStream().write(answer.apply(head).getBytes(StandardCharsets.ISO_8859_1));
                    }
                }
                return null;
            });
        }
    }

    /** The next head; empty at the end of the stream. */
    static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            head.append((char) c);
            if (head.length() >= 4 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
                return head.toString();
            }
        }
        return "";
    }

    @Override
    public void close() throws IOException {
        try {
            jetty.stop();
        } catch (Exception e) {
            throw new IOException(e);
        } finally {
            target.close();
            threads.shutdownNow();
        }
    }
}
