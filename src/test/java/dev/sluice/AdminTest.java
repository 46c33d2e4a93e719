package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of what is below ADMIN_PATH that which depends on the configuration; the rest is a contract. */
class AdminTest {

    private static final String PATH = "/-/sluice";

    private static String ask(ProxyInJetty proxy, String from, String request) throws Exception {
        return proxy.ask(from, request + " HTTP/1.1", "Host: shop.example", "Content-Length: 0");
    }

    @Test
    void withoutAPathItIsAPathLikeAnyOther() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty()) {
            assertThat(ask(proxy, "127.0.0.1", "GET " + PATH + "/live")).startsWith("HTTP/1.1 200 ");
            assertThat(proxy.requests()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /-/sluice/live", "GET /-/sluice/nothing", "POST /-/sluice/targets/one/x/drain"})
    void whoIsNotAllowedIsAnsweredAsIfThereWereNothing(String request) throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH, "ADMIN_ALLOW", "127.0.0.7")) {
            String refused = ask(proxy, "127.0.0.1", request);
            assertThat(refused).startsWith("HTTP/1.1 404 ");
            assertThat(ProxyInJetty.values(refused, "Content-Length")).containsExactly("0");
            assertThat(ask(proxy, "127.0.0.7", "GET " + PATH + "/live")).startsWith("HTTP/1.1 200 ");
            assertThat(proxy.requests()).isEmpty();
        }
    }

    /** That of a proxy on the same machine is this machine's, whoever asks it. */
    @ParameterizedTest
    @ValueSource(strings = {"Forwarded: for=127.0.0.1", "X-Forwarded-For: 127.0.0.1", "X-Real-IP: ::1", "via: 1.1 x"})
    void whatCameByAProxyIsNotOfThisMachineUnlessItIsSaidWhoseRequestsAreAnswered(String field) throws Exception {
        String request = "GET " + PATH + "/live HTTP/1.1";
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH)) {
            assertThat(proxy.ask("127.0.0.1", request, "Host: a", field)).startsWith("HTTP/1.1 404 ");
            assertThat(proxy.requests()).isEmpty();
        }
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH, "ADMIN_ALLOW", "127.0.0.0/8")) {
            assertThat(proxy.ask("127.0.0.1", request, "Host: a", field)).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void itIsReadyWhenEveryGroupHasATarget() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH)) {
            assertThat(ask(proxy, "127.0.0.1", "GET " + PATH + "/ready")).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void withoutATokenNothingCanBeChanged() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", PATH)) {
            String drain = "POST " + PATH + "/targets/one/127.0.0.1:" + proxy.targetPort() + "/drain";
            assertThat(ask(proxy, "127.0.0.1", drain)).startsWith("HTTP/1.1 403 ");
            assertThat(ask(proxy, "127.0.0.1", "GET /")).startsWith("HTTP/1.1 200 ");
        }
    }
}
