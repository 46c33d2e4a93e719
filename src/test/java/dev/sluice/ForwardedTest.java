package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What targets are told about the client, depending on the variables, for requests of trusted proxies and of others.
 */
class ForwardedTest {

    private static final String TRUSTED = "127.0.0.0/8";

    /** In the order of the columns below. */
    private static final List<String> FIELDS = List.of("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded");

    private static final String[] SAID = {
        "X-Forwarded-For: 10.1.1.1",
        "X-Forwarded-Proto: https",
        "Forwarded: for=10.1.1.1;proto=https",
        "X-Forwarded-For: 10.1.1.2",
        "Forwarded: for=10.1.1.2",
    };

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // headers, trusted proxies | X-Forwarded-For | X-Forwarded-Proto | Forwarded
                "X_FORWARDED | ''        | 127.0.0.1 | http | -",
                "FORWARDED   | ''        | -         | -    | for=127.0.0.1;host=shop.example;proto=http",
                "BOTH        | ''        | 127.0.0.1 | http | for=127.0.0.1;host=shop.example;proto=http",
                "NONE        | ''        | -         | -    | -",
                "NONE        | 10.0.0.1  | -         | -    | -",
            })
    void whatAClientSaysThatIsNotTrustedIsNotPassedOn(
            String headers, String proxies, String forwardedFor, String proto, String forwarded) throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("FORWARDED_HEADERS", headers, "TRUSTED_PROXIES", proxies)) {
            assertTold(proxy, SAID, forwardedFor, proto, forwarded);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "X_FORWARDED | 10.1.1.1, 10.1.1.2, 127.0.0.1 | for=10.1.1.1;proto=https AND for=10.1.1.2",
                "FORWARDED   | 10.1.1.1 AND 10.1.1.2 | for=10.1.1.1;proto=https, for=10.1.1.2, for=127.0.0.1;host=shop.example;proto=http",
                "BOTH        | 10.1.1.1, 10.1.1.2, 127.0.0.1 | for=10.1.1.1;proto=https, for=10.1.1.2, for=127.0.0.1;host=shop.example;proto=http",
                "NONE        | 10.1.1.1 AND 10.1.1.2 | for=10.1.1.1;proto=https AND for=10.1.1.2",
            })
    void whatATrustedProxySaysIsContinuedOrLeftAsItIs(String headers, String forwardedFor, String forwarded)
            throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("FORWARDED_HEADERS", headers, "TRUSTED_PROXIES", TRUSTED)) {
            assertTold(proxy, SAID, forwardedFor, "https", forwarded);
        }
    }

    /** Once, the port was that of the listener in clear text, beside {@code X-Forwarded-Proto: https}. */
    @Test
    void whereTheHostKnowsThatTlsEndsBeforeItThePortIsThatOfTls() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty()) {
            proxy.hostBelievesProxies();
            String[] said = {"X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example"};
            assertThat(proxy.atTarget("X-Forwarded-Proto", said)).containsExactly("https");
            assertThat(proxy.atTarget("X-Forwarded-Port", said)).containsExactly("443");
            assertThat(proxy.atTarget("X-Forwarded-Port", said[0], "X-Forwarded-Host: shop.example:8443"))
                    .containsExactly("8443");
            assertThat(proxy.atTarget("X-Forwarded-Port")).containsExactly(Integer.toString(proxy.port()));
        }
    }

    @Test
    void whatATrustedProxyDoesNotSayIsSet() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("FORWARDED_HEADERS", "BOTH", "TRUSTED_PROXIES", TRUSTED)) {
            String[] nothing = {"X-Forwarded-For: ", "Forwarded:"};
            assertTold(proxy, nothing, "127.0.0.1", "http", "for=127.0.0.1;host=shop.example;proto=http");
            assertThat(proxy.atTarget("X-Forwarded-Host")).containsExactly("shop.example");
            assertThat(proxy.atTarget("X-Forwarded-Host", "X-Forwarded-Host: a", "X-Forwarded-Host: b"))
                    .containsExactly("a", "b");
            assertThat(proxy.atTarget("X-Forwarded-Port")).containsExactly(Integer.toString(proxy.port()));
            assertThat(proxy.atTarget("X-Forwarded-Port", "X-Forwarded-Proto: ", "X-Forwarded-Host: "))
                    .as("of a proxy that says nothing")
                    .containsExactly(Integer.toString(proxy.port()));
            assertThat(proxy.atTarget("X-Forwarded-Port", "X-Forwarded-Port: 443"))
                    .containsExactly("443");
        }
    }

    /** Sluice's own port would contradict what the proxy says, and lead the target's links to it. */
    @ParameterizedTest
    @CsvSource({
        "X-Forwarded-Proto: https, X-A: b, 443",
        "X-Forwarded-Proto: http, X-A: b, 80",
        "X-Forwarded-Host: shop.example:8443, X-A: b, 8443",
        "X-Forwarded-Host: [2001:db8::1], X-Forwarded-Proto: https, 443",
        "X-Forwarded-Host: [2001:db8::1]:81, X-Forwarded-Proto: https, 81",
        "X-Forwarded-Host: 2001:db8::1, X-Forwarded-Proto: https, 443",
        "X-Forwarded-Host: shop.example:, X-Forwarded-Proto: https, 443",
        "X-Forwarded-Host: shop.example, Forwarded: proto=https, 80",
    })
    void aPortThatATrustedProxyDoesNotSayFollowsFromWhatItSays(String one, String other, String port) throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("TRUSTED_PROXIES", TRUSTED)) {
            assertThat(proxy.atTarget("X-Forwarded-Port", one, other)).containsExactly(port);
        }
    }

    /**
     * An attacker may have written it, and a trusted proxy may have passed it on. It must not hide what is added after
     * it.
     */
    @Test
    void aQuotationThatDoesNotEndIsNotContinued() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("FORWARDED_HEADERS", "FORWARDED", "TRUSTED_PROXIES", TRUSTED)) {
            assertThat(proxy.atTarget("Forwarded", "Forwarded: for=10.1.1.1", "Forwarded: for=\"evil\\\""))
                    .containsExactly("for=127.0.0.1;host=shop.example;proto=http");
        }
    }

    @Test
    void anAddressOfIpv6StandsInBracketsAndQuotesAndAHostWithItsPortInQuotes() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("FORWARDED_HEADERS", "BOTH")) {
            proxy.ask("::1", "GET / HTTP/1.1", "Host: [::1]:8080");
            String request = proxy.requests().get(0);
            assertThat(ProxyInJetty.values(request, "Forwarded"))
                    .containsExactly("for=\"[::1]\";host=\"[::1]:8080\";proto=http");
            assertThat(ProxyInJetty.values(request, "X-Forwarded-For")).containsExactly("::1");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "127.0.0.1 | ''                                        | false",
                "127.0.0.1 | X-Forwarded-Proto: https                  | true",
                "127.0.0.1 | X-Forwarded-Proto: HTTPS, http            | true",
                "127.0.0.1 | X-Forwarded-Proto: http, https            | false",
                "127.0.0.1 | X-Forwarded-Proto: wss                    | true",
                "127.0.0.1 | Forwarded: for=10.1.1.1;Proto=https       | true",
                "127.0.0.1 | Forwarded: for=\"a;proto=http\";proto=\"https\" | true",
                "127.0.0.1 | Forwarded: for=10.1.1.1, proto=https      | false",
                "10.0.0.1  | X-Forwarded-Proto: https                  | false",
                "10.0.0.1  | Forwarded: proto=https                    | false",
            })
    void aSessionsCookieIsSecureWhereATrustedProxySaysThatTheClientCameByTls(
            String trusted, String fieldLine, boolean secure) throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("TRUSTED_PROXIES", trusted, "LOAD_BALANCING_ALGORITHM", "STICKY")) {
            String[] lines = fieldLine.isEmpty()
                    ? new String[] {"Host: shop.example"}
                    : new String[] {"Host: shop.example", fieldLine};
            String answer = proxy.ask("127.0.0.1", "GET / HTTP/1.1", lines);
            assertThat(ProxyInJetty.values(answer, "Set-Cookie"))
                    .singleElement()
                    .satisfies(cookie -> assertThat(cookie.endsWith("; Secure") || cookie.contains("; Secure;"))
                            .isEqualTo(secure));
        }
    }

    /**
     * Asserts what the target is told.
     *
     * @param expected the values of {@link #FIELDS}; those of repeated fields with AND between them; null for none
     */
    private static void assertTold(ProxyInJetty proxy, String[] fieldLines, String... expected) throws Exception {
        for (int i = 0; i < FIELDS.size(); i++) {
            List<String> values = expected[i] == null ? List.of() : Arrays.asList(expected[i].split(" AND "));
            assertThat(proxy.atTarget(FIELDS.get(i), fieldLines))
                    .as(FIELDS.get(i))
                    .isEqualTo(values);
        }
    }
}
