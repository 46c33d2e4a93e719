package dev.sluice.launcher;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;

/**
 * The least that a servlet in the launcher's own Jetty can do to forward a GET with a short response: no load balancer
 * of this kind can be cheaper. It passes on every field except {@code Connection}, and checks, chooses, counts and
 * times nothing. A response must have a length; one that does not fit into a buffer is refused. A failure to read one
 * ends the process. The thread that has the request writes it to an idle connection. The thread that reads the response
 * writes it to the client, and continues with the client's connection.
 */
public final class BareRelay extends HttpServlet {

    private static final int LARGEST_ANSWER = 64 * 1024;
    private static final String HEAD_END = "\r\n\r\n";

    private final Queue<Connection> idle = new ConcurrentLinkedQueue<>();
    private final AtomicInteger next = new AtomicInteger();
    private final InetSocketAddress[] targets;
    private final Selector[] selectors;

    private BareRelay(InetSocketAddress[] targets) throws IOException {
        this.targets = targets;
        this.selectors = new Selector[Runtime.getRuntime().availableProcessors()];
        for (int i = 0; i < selectors.length; i++) {
            Selector selector = Selector.open();
            selectors[i] = selector;
            new Thread(() -> read(selector), "targets-" + i).start();
        }
    }

    /** Listens on 127.0.0.1. The arguments are the port and the targets, each {@code address:port}. */
    public static void main(String[] args) throws Exception {
        InetSocketAddress[] targets = new InetSocketAddress[args.length - 1];
        for (int i = 0; i < targets.length; i++) {
            String[] target = args[i + 1].split(":", 2);
            targets[i] = new InetSocketAddress(target[0], Integer.parseInt(target[1]));
        }
        Server server = new Server();
        HttpConfiguration http = HttpConnector.httpConfiguration(HttpConnector.DEFAULT_HEADER_BYTES);
        http.setSendDateHeader(false); // the target's own are passed on
        Connector connector = new HttpConnector(
                server, "127.0.0.1", Integer.parseInt(args[0]), new TimedHttpConnection.Factory(http));
        server.addConnector(connector);
        ServletHolder relay = new ServletHolder(new BareRelay(targets));
        relay.setAsyncSupported(true);
        ServletContextHandler context = new ServletContextHandler();
        context.addServlet(relay, "/*");
        server.setHandler(new Handler.Wrapper(context) {
            @Override
            public InvocationType getInvocationType() {
                return InvocationType.NON_BLOCKING;
            }
        });
        server.start();
        server.join();
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        AsyncContext exchange = request.startAsync();
        exchange.setTimeout(0);
        StringBuilder head = new StringBuilder(512);
        head.append("GET ").append(request.getRequestURI()).append(" HTTP/1.1\r\n");
        for (Enumeration<String> names = request.getHeaderNames(); names.hasMoreElements(); ) {
            String name = names.nextElement();
            if (name.equalsIgnoreCase("Connection")) {
                continue;
            }
            for (Enumeration<String> values = request.getHeaders(name); values.hasMoreElements(); ) {
                head.append(name).append(": ").append(values.nextElement()).append("\r\n");
            }
        }
        head.append("\r\n");
        Connection connection = idle.poll();
        (connection == null ? new Connection() : connection).send(head.toString(), exchange);
    }

    private static void read(Selector selector) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(LARGEST_ANSWER);
        try {
            while (true) {
                selector.select(key -> ((Connection) key.attachment()).read(buffer.clear()), 100);
            }
        } catch (IOException | RuntimeException e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    /**
     * A connection to a target. Used by one request at a time. Writing the request happens before reading its response.
     */
    private final class Connection {

        private final SocketChannel channel;
        private volatile AsyncContext exchange;
        private byte[] answer;
        private int received;
        private int body; // where it begins; 0 until the head is complete
        private int size; // of the body

        Connection() throws IOException {
            int number = next.getAndIncrement();
            channel = SocketChannel.open(targets[number % targets.length]);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            Selector selector = selectors[number % selectors.length];
            channel.register(selector, SelectionKey.OP_READ, this);
            selector.wakeup();
        }

        void send(String head, AsyncContext next) throws IOException {
            exchange = next;
            channel.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.ISO_8859_1)));
        }

        void read(ByteBuffer buffer) {
            try {
                if (channel.read(buffer) < 0) {
                    leave();
                    return;
                }
                buffer.flip();
                int length = buffer.remaining();
                if (answer == null) {
                    answer = new byte[Math.max(length, 2_048)];
                }
                if (received + length > answer.length) {
                    answer = Arrays.copyOf(answer, LARGEST_ANSWER);
                }
                buffer.get(answer, received, length);
                received += length;
                if (body == 0) {
                    head();
                }
                if (body + size > LARGEST_ANSWER) {
                    refuse();
                } else if (body > 0 && received == body + size) {
                    respond();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** A target may close a connection that has been idle for long. */
        private void leave() throws IOException {
            channel.close();
            if (!idle.remove(this)) {
                throw new IOException("a target has closed its connection");
            }
        }

        private void head() {
            String text = new String(answer, 0, received, StandardCharsets.ISO_8859_1);
            int end = text.indexOf(HEAD_END);
            if (end < 0) {
                return;
            }
            body = end + HEAD_END.length();
            HttpServletResponse response = (HttpServletResponse) exchange.getResponse();
            for (int line = text.indexOf('\n') + 1; line < end; line = text.indexOf('\n', line) + 1) {
                int colon = text.indexOf(':', line);
                String name = text.substring(line, colon);
                String value =
                        text.substring(colon + 1, text.indexOf('\r', colon)).trim();
                if (name.equalsIgnoreCase("Content-Length")) {
                    size = Integer.parseInt(value);
                    response.setContentLength(size);
                } else if (!name.equalsIgnoreCase("Connection")) {
                    response.addHeader(name, value);
                }
            }
        }

        private void refuse() throws IOException {
            channel.close();
            ((HttpServletResponse) exchange.getResponse()).sendError(HttpServletResponse.SC_BAD_GATEWAY);
            exchange.complete();
        }

        private void respond() throws IOException {
            AsyncContext its = exchange;
            byte[] whole = answer;
            int from = body;
            int length = size;
            answer = null;
            received = body = 0;
            idle.add(this);
            its.getResponse().getOutputStream().write(whole, from, length);
            its.complete();
        }
    }
}
