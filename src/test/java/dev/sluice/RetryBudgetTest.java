package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.observe.Transaction;
import dev.sluice.target.Retries;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is left of the retries that a group may make. */
class RetryBudgetTest {

    /** The budget of ten seconds in which hardly any requests come. */
    private static final int ALL = 30;

    /** One target breaks off. The other has room for one request, and never answers it. */
    @Test
    void aRetryThatWaitedInVainDoesNotCount() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ProxyInJetty proxy = new ProxyInJetty()) {
            proxy.reload(
                    "TARGET_GROUP_1_TARGETS",
                    "127.0.0.1:" + proxy.targetPort() + ",127.0.0.1:" + silent.getLocalPort(),
                    "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET",
                    "1",
                    "TARGET_GROUP_1_QUEUE_SIZE",
                    "1",
                    "QUEUE_TIMEOUT_MILLISECONDS",
                    "1");
            proxy.answer(head -> {
                throw new IllegalStateException("breaks off");
            });
            try (Socket retried = proxy.begin("127.0.0.1", "GET / HTTP/1.1", "Host: a");
                    Socket itsRetry = silent.accept()) {
                assertThat(proxy.ask("127.0.0.1", "GET / HTTP/1.1", "Host: a")).startsWith("HTTP/1.1 503 ");
                Retries retries = proxy.live().current().targetGroups().get(0).retries();
                int[] left = {0};
                await().atMost(Duration.ofSeconds(5)).until(() -> {
                    while (retries.take() != Retries.NONE) {
                        left[0]++;
                    }
                    return left[0] == ALL - 1;
                });
                assertThat(retried.isConnected()).isTrue();
                assertThat(itsRetry.isConnected()).isTrue();
            }
        }
    }

    @Test
    void aRequestIsSaidToBeBeyondTheBudgetIfNothingElseForbidsItsRetry() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty()) {
            String target = "127.0.0.1:" + proxy.targetPort();
            proxy.reload("TARGET_GROUP_1_TARGETS", target + "," + target + "/other");
            proxy.answer(head -> {
                throw new IllegalStateException("breaks off");
            });
            useUp(proxy.live().current().targetGroups().get(0).retries());
            String broken = "closed or reset the connection";
            assertThat(failure(proxy, "GET"))
                    .isEqualTo(broken + "; not tried again: the group's retry budget is used up");
            assertThat(failure(proxy, "POST")).isEqualTo(broken);
            proxy.reload();
            assertThat(failure(proxy, "GET")).isEqualTo(broken);
        }
    }

    private static void useUp(Retries retries) {
        for (int i = 0; i < ALL; i++) {
            assertThat(retries.take()).isNotEqualTo(Retries.NONE);
        }
    }

    private static @Nullable String failure(ProxyInJetty proxy, String method) throws Exception {
        List<Transaction> ended = proxy.transactions();
        int before = ended.size();
        assertThat(proxy.ask("127.0.0.1", method + " / HTTP/1.1", "Host: a", "Content-Length: 0"))
                .startsWith("HTTP/1.1 502 ");
        await().until(() -> ended.size() > before);
        return ended.get(before).failure();
    }
}
