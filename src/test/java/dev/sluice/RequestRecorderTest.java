package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.observe.Client;
import jakarta.servlet.Filter;
import java.security.cert.X509Certificate;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import org.eclipse.jetty.io.EndPoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    /** As behind a connector with TLS, or behind one with the PROXY protocol, which has no session. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theVersionOfTlsIsRecorded(boolean known) throws Exception {
        SSLSession session = known ? SSLContext.getDefault().createSSLEngine().getSession() : null;
        Filter tls = (request, response, chain) -> {
            request.setAttribute(
                    EndPoint.SslSessionData.ATTRIBUTE,
                    EndPoint.SslSessionData.from(session, null, null, new X509Certificate[0]));
            chain.doFilter(request, response);
        };
        try (ProxyInJetty proxy = new ProxyInJetty(tls, "ACCESS_LOG", "ALB")) {
            proxy.ask("127.0.0.1", "GET / HTTP/1.1", "Host: a", "User-Agent: curl");
            await().untilAsserted(() -> assertThat(proxy.transactions()).hasSize(1));
            assertThat(proxy.transactions().get(0).client())
                    .extracting(Client::tlsVersion, Client::headers)
                    .containsExactly(session == null ? null : session.getProtocol(), Map.of("User-Agent", "curl"));
        }
    }

    @ParameterizedTest
    @CsvSource({"ALB, JSON", "ALB, OFF", "JSON, ALB"})
    void whatIsRecordedIsForTheLogThatThereIs(String format, String reloaded) throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ACCESS_LOG", format)) {
            proxy.reload("ACCESS_LOG", reloaded);
            proxy.ask("127.0.0.1", "GET / HTTP/1.1", "Host: a", "User-Agent: curl");
            await().untilAsserted(() -> assertThat(proxy.transactions()).hasSize(1));
            assertThat(proxy.transactions().get(0).client())
                    .extracting(Client::headers)
                    .isEqualTo(format.equals("ALB") ? Map.of("User-Agent", "curl") : Map.of());
        }
    }

    @Test
    void aFieldIsRecordedWithAllOfItsValues() throws Exception {
        try (ProxyInJetty proxy =
                new ProxyInJetty("ACCESS_LOG", "json", "ACCESS_LOG_HEADERS", "X-Forwarded-For, Referer")) {
            proxy.ask("127.0.0.1", "GET / HTTP/1.1", "Host: a", "X-Forwarded-For: 1.2.3.4", "x-forwarded-for: 5.6.7.8");
            await().untilAsserted(() -> assertThat(proxy.transactions()).hasSize(1));
            assertThat(proxy.transactions().get(0).client())
                    .extracting(Client::headers)
                    .isEqualTo(Map.of("X-Forwarded-For", "1.2.3.4, 5.6.7.8"));
        }
    }
}
