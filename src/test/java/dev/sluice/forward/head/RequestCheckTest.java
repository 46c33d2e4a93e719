package dev.sluice.forward.head;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.Collections;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a container tells of a request beside its fields; the rest is a contract of all of them. */
class RequestCheckTest {

    private static HttpServletRequest request(String protocol, String method, String serverName, int serverPort) {
        return request(protocol, method, serverName, serverPort, "/", null);
    }

    private static HttpServletRequest request(
            String protocol, String method, String serverName, int serverPort, String path, @Nullable String query) {
        return (HttpServletRequest) Proxy.newProxyInstance(
                RequestCheckTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, called, arguments) -> switch (called.getName()) {
                    case "getProtocol" -> protocol;
                    case "getMethod" -> method;
                    case "getScheme" -> "http";
                    case "getServerName" -> serverName;
                    case "getServerPort" -> serverPort;
                    case "getRequestURI" -> path;
                    case "getQueryString" -> query;
                    case "getHeaders", "getHeaderNames" -> Collections.emptyEnumeration();
                    default -> null;
                });
    }

    /** In HTTP/2, Tomcat has the authority not among the fields, and takes any number for a port. */
    @ParameterizedTest
    @CsvSource({
        "a, 80,",
        "a, 65535,",
        "[::1], 8080,",
        "a, 70000, Host has a malformed port",
        "a b, 80, Host is malformed",
        "a/b, 80, Host is malformed"
    })
    void anAuthorityIsCheckedAsAHostIs(String name, int port, String fault) {
        assertThat(RequestCheck.fault(request("HTTP/2.0", "GET", name, port))).isEqualTo(fault);
    }

    /** Some containers let bytes beyond ASCII pass in a query, and decode them. */
    @ParameterizedTest
    @CsvSource({
        "/3456789ab,, false",
        "/3456789abc,, true",
        "/3456, 89ab, false",
        "/3456, 89abc, true",
        "/3456, \u00e4\u00e4, false",
        "/3456, \u00e4\u00e4a, true",
        "/3456, \u20aca, false",
        "/3456, \u20ac\u00e4, true"
    })
    void pathAndQueryAreMeasuredInBytes(String path, @Nullable String query, boolean isLonger) {
        assertThat(RequestCheck.isLonger(request("HTTP/1.1", "GET", "a", 80, path, query), 10))
                .isEqualTo(isLonger);
    }

    @ParameterizedTest
    @CsvSource({"head", "Head", "connect", "tRACE"})
    void methodsAreCaseSensitive(String method) {
        assertThat(RequestCheck.fault(request("HTTP/2.0", method, "a", 80))).contains("case");
    }
}
