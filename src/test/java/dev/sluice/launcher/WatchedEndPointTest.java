package dev.sluice.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.channels.SelectionKey;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WatchedEndPointTest {

    private static final byte[] REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Server jetty = new Server();
    private final HttpConnector connector = HttpConnector.local(jetty, 0);
    private final BlockingQueue<Callback> requests = new LinkedBlockingQueue<>();

    @BeforeEach
    void start() throws Exception {
        jetty.addConnector(connector);
        jetty.setHandler(new Handler.Abstract.NonBlocking() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                return requests.add(callback);
            }
        });
        jetty.start();
    }

    @AfterEach
    void stop() throws Exception {
        jetty.stop();
    }

    @Test
    void isWatchedWhileARequestIsServed() throws Exception {
        try (Socket client = connect()) {
            for (int i = 0; i < 3; i++) {
                client.getOutputStream().write(REQUEST);
                Callback request = next();
                assertThat(isWatched()).isTrue();
                request.succeeded();
                readAnswer(client);
            }
        }
    }

    @Test
    void whatComesBeforeItIsWantedIsLookedAtOnceAndServedInItsTurn() throws Exception {
        try (Socket client = connect()) {
            client.getOutputStream().write(REQUEST);
            Callback first = next();
            client.getOutputStream().write(REQUEST);
            await().until(() -> !isWatched());
            assertThat(requests).isEmpty();
            long before = selects();
            client.getOutputStream().write(REQUEST);

            first.succeeded();
            readAnswer(client);
            next().succeeded();
            readAnswer(client);
            next().succeeded();
            readAnswer(client);

            assertThat(selects() - before).isLessThan(10);
            client.getOutputStream().write(REQUEST);
            next().succeeded();
            readAnswer(client);
        }
    }

    @Test
    void aClientThatLeavesWhileItsRequestIsServedIsLookedAtOnce() throws Exception {
        Callback request;
        try (Socket client = connect()) {
            client.getOutputStream().write(REQUEST);
            request = next();
        }
        await().until(() -> !isWatched());
        request.succeeded();
        await().until(() -> connector.getConnectedEndPoints().isEmpty());
        assertThat(selects()).isLessThan(10);
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), connector.getLocalPort());
    }

    private Callback next() throws InterruptedException {
        return Objects.requireNonNull(requests.poll(10, TimeUnit.SECONDS), "no request arrived");
    }

    /** It has no body, and ends with an empty line. */
    private static void readAnswer(Socket client) throws IOException {
        StringBuilder answer = new StringBuilder();
        while (answer.indexOf("\r\n\r\n") < 0) {
            int next = client.getInputStream().read();
            assertThat(next).as("after %s", answer).isNotNegative();
            answer.append((char) next);
        }
        assertThat(answer).startsWith("HTTP/1.1 200 ").contains("Content-Length: 0");
    }

    /** Of the one connection. */
    private boolean isWatched() {
        SelectionKey key = connector.getSelectorManager().getBeans(ManagedSelector.class).stream()
                .flatMap(selector -> selector.getSelector().keys().stream())
                .filter(each -> each.attachment() instanceof WatchedEndPoint)
                .findAny()
                .orElseThrow();
        return (key.interestOps() & SelectionKey.OP_READ) != 0;
    }

    /** That have brought something. */
    private long selects() {
        return connector.getSelectorManager().getBeans(ManagedSelector.class).stream()
                .mapToLong(ManagedSelector::getSelectCount)
                .sum();
    }
}
