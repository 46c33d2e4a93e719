package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.Enumeration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A request that comes while another configuration takes over: it belongs to the one before. */
class TakeOverTest {

    /** It used to be told that every target was at its limit: the group that it belongs to has one for new requests. */
    @Test
    void itLearnsWhyTheGroupInChargeHasNoTarget() throws Exception {
        AtomicReference<@Nullable ProxyInJetty> reloaded = new AtomicReference<>();
        String[] former = {
            "TARGET_GROUP_1_ALGORITHM", "STICKY",
            "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET", "1",
            "TARGET_GROUP_1_QUEUE_SIZE", "1"
        };
        try (ProxyInJetty proxy = new ProxyInJetty(whenItsSessionIsRead(reloaded), former)) {
            reloaded.set(proxy);
            assertThat(proxy.ask("127.0.0.1", "GET / HTTP/1.1", "Host: a")).startsWith("HTTP/1.1 503 ");
            await().until(() -> !proxy.transactions().isEmpty());
            assertThat(proxy.transactions().get(0).failure())
                    .isEqualTo("no target is available: the only one is of weight 0");
        }
    }

    /** Between the choice of the group and that of a target, a group takes over whose only target has the weight 0. */
    private static Filter whenItsSessionIsRead(AtomicReference<@Nullable ProxyInJetty> reloaded) {
        return (request, response, chain) -> chain.doFilter(
                new HttpServletRequestWrapper((HttpServletRequest) request) {
                    @Override
                    public Enumeration<String> getHeaders(String name) {
                        ProxyInJetty proxy = name.equals("Cookie") ? reloaded.getAndSet(null) : null;
                        if (proxy != null) {
                            try {
                                proxy.reload("TARGET_GROUP_1_TARGETS", "127.0.0.1:1 weight=0");
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        }
                        return super.getHeaders(name);
                    }
                },
                response);
    }
}
