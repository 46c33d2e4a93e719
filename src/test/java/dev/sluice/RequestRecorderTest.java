package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.observe.Client;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestRecorderTest {

    @ParameterizedTest
    @CsvSource({
        "HTTP/1.1, Host: shop.example:8443, shop.example:8443",
        "HTTP/1.1, Host: shop.example, shop.example",
        "HTTP/1.1, Host: [::1]:80, [::1]:80",
        "HTTP/1.0, Accept: */*, ''",
    })
    void theHostIsRecordedAsItCame(String protocol, String field, String authority) throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ACCESS_LOG", "json")) {
            proxy.ask("127.0.0.1", "GET / " + protocol, field);
            await().untilAsserted(() -> assertThat(proxy.transactions()).hasSize(1)); // it may end after its response
            assertThat(proxy.transactions().get(0).client())
                    .extracting(Client::authority)
                    .isEqualTo(authority);
        }
    }
}
