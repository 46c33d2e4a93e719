package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The Via field, in which Sluice adds itself to the messages that it passes on, and the detection of loops by it. */
class ViaTest {

    private static final String PSEUDONYM = "1\\.1 sluice-[0-9a-f]{8}";

    private static String[] fields(String... lines) {
        String[] all = new String[lines.length + 1];
        all[0] = "Host: shop.example";
        System.arraycopy(lines, 0, all, 1, lines.length);
        return all;
    }

    @Test
    void bothMessagesNameItAfterWhoeverWasThereBefore() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("VIA", "true")) {
            proxy.answer(request -> "HTTP/1.1 200 OK\r\nVia: 2.0 cache\r\nContent-Length: 0\r\n\r\n");
            String answer =
                    proxy.ask("127.0.0.1", "GET / HTTP/1.1", fields("Via: 2.0 edge, 1.1 sluice-00000000 (x, y)"));
            List<String> request = ProxyInJetty.values(proxy.requests().get(0), "Via");
            assertThat(request).hasSize(2).first().isEqualTo("2.0 edge, 1.1 sluice-00000000 (x, y)");
            assertThat(request.get(1)).matches(PSEUDONYM);
            assertThat(ProxyInJetty.values(answer, "Via")).containsExactly("2.0 cache", request.get(1));
        }
    }

    @Test
    void theVersionIsThatInWhichTheMessageCame() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("VIA", "true")) {
            proxy.answer(request -> ProxyInJetty.OK);
            String answer = proxy.ask("127.0.0.1", "GET / HTTP/1.0", fields());
            assertThat(ProxyInJetty.values(proxy.requests().get(0), "Via"))
                    .singleElement()
                    .asString()
                    .startsWith("1.0 sluice-");
            assertThat(ProxyInJetty.values(answer, "Via"))
                    .singleElement()
                    .asString()
                    .startsWith("1.1 sluice-");
        }
    }

    @Test
    void aRequestThatComesBackIsALoopAndOneOfAnotherSluiceIsNot() throws Exception {
        try (ProxyInJetty one = new ProxyInJetty("VIA", "true");
                ProxyInJetty other = new ProxyInJetty("VIA", "true")) {
            String via = one.atTarget("Via").get(0);
            one.requests().clear();

            String answer = one.ask("127.0.0.1", "GET / HTTP/1.1", fields("Via: 1.1 edge", "Via: 1.0 x, " + via));
            assertThat(answer).startsWith("HTTP/1.1 508 ").contains("Content-Length: 0");
            assertThat(one.ask("127.0.0.1", "GET / HTTP/1.1", fields("Via: " + via + " (back), 1.0 x")))
                    .startsWith("HTTP/1.1 508 ");
            assertThat(one.requests()).isEmpty();

            assertThat(other.ask("127.0.0.1", "GET / HTTP/1.1", fields("Via: " + via)))
                    .startsWith("HTTP/1.1 200 ");
            assertThat(ProxyInJetty.values(other.requests().get(0), "Via"))
                    .hasSize(2)
                    .doesNotHaveDuplicates();
            assertThat(other.atTarget("Via")).as("stable").isEqualTo(other.atTarget("Via"));
        }
    }

    @Test
    void withoutItNobodyIsNamedAndWhatIsThereStays() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty()) {
            String answer = proxy.ask("127.0.0.1", "GET / HTTP/1.1", fields("Via: 1.1 edge"));
            assertThat(ProxyInJetty.values(proxy.requests().get(0), "Via")).containsExactly("1.1 edge");
            assertThat(ProxyInJetty.values(answer, "Via")).isEmpty();
        }
    }
}
