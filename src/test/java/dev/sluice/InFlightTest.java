package dev.sluice;

import static org.awaitility.Awaitility.await;

import java.net.Socket;
import org.junit.jupiter.api.Test;

/** The number of requests and tunnels in flight, which a stop waits for, and cuts off in the end. */
class InFlightTest {

    private static final String UPGRADED =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n";

    /**
     * The tunnel is no longer an exchange. The other request no longer occupies its target, but its client is still
     * sending. The greater of the two numbers, one, used to be reported.
     */
    @Test
    void aTunnelAndASlowClientAreTwo() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty()) {
            proxy.answer(head -> head.contains("Upgrade") ? UPGRADED : ProxyInJetty.OK);
            try (Socket tunnel = proxy.begin(
                            "127.0.0.1", "GET / HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: echo");
                    Socket slow = proxy.begin("127.0.0.1", "POST / HTTP/1.1", "Host: a", "Content-Length: 10")) {
                await().until(() -> proxy.requests().size() == 2);
                await().until(() -> tunnel.getInputStream().available() > 0
                        && slow.getInputStream().available() > 0);
                await().until(() -> proxy.inFlight() == 2);
                slow.getOutputStream().write(new byte[10]);
                await().until(() -> proxy.inFlight() == 1);
            }
            await().until(() -> proxy.inFlight() == 0);
        }
    }
}
