package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.target.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of connections to targets that are not in use. */
@Timeout(60)
class IdleConnectionsTest {

    /** Once, they were reset, so that each restart put errors into the logs of the targets. */
    @Test
    void areNotResetAtTheEnd() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Socket connection;
            try (ProxyInJetty proxy =
                    new ProxyInJetty("TARGET_GROUP_1_TARGETS", "127.0.0.1:" + server.getLocalPort())) {
                connection = serveOne(proxy, server);
            }
            assertThat(connection.getInputStream().read()).isEqualTo(-1); // a reset throws
            connection.close();
        }
    }

    @Test
    void areNotResetWhenTheirTargetLeaves() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ProxyInJetty proxy = new ProxyInJetty("TARGET_GROUP_1_TARGETS", "127.0.0.1:" + server.getLocalPort());
                Socket connection = serveOne(proxy, server)) {
            proxy.reload("DEREGISTRATION_DELAY_SECONDS", "0");
            assertThat(connection.getInputStream().read()).isEqualTo(-1);
        }
    }

    /** Returns the connection, which is idle. */
    private static Socket serveOne(ProxyInJetty proxy, ServerSocket server) throws IOException {
        LiveLoadBalancer live = proxy.live();
        Target target =
                live.current().targetGroups().iterator().next().targets().get(0);
        try (Socket client = proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a")) {
            Socket connection = server.accept();
            assertThat(connection.getInputStream().read(new byte[8192])).isPositive();
            connection.getOutputStream().write(ProxyInJetty.OK.getBytes(StandardCharsets.US_ASCII));
            assertThat(client.getInputStream().read()).isEqualTo('H');
            await().until(() -> live.shared().connections().count(target).idle() == 1 && live.inFlight() == 0);
            return connection;
        }
    }
}
