package dev.sluice.contract;

import static dev.sluice.contract.HostileRequest.SCENE;
import static dev.sluice.contract.HostileRequest.line;
import static dev.sluice.contract.HostileRequest.verbatim;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Host, request-target and version (RFC 9112 sections 2.3, 3 and 3.2). */
interface HostileTargetLineContract extends HostileContract {

    @ParameterizedTest(name = "{0}")
    @MethodSource("hosts")
    default void thereIsOneValidHost(HostileRequest tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileRequest> hosts() {
        return Stream.of(
                host("a name", "Host: shop.example\r\n").passes(""),
                host("a name and a port", "Host: shop.example:8080\r\n").passes(""),
                host("a name and no port", "Host: shop.example:\r\n").refused().passes(""),
                host("an address", "Host: 192.0.2.1:80\r\n").passes(""),
                host("an IPv6 address", "Host: [2001:db8::1]:80\r\n").passes(""),
                host("an underscore", "Host: my_shop\r\n").refused().passes(""),
                host("none", "").refused(),
                host("empty", "Host:\r\n").refused(),
                host("two", "Host: shop.example\r\nHost: evil.example\r\n").refused(),
                host("two of the same", "Host: shop.example\r\nHost: shop.example\r\n")
                        .refused(),
                host("a list", "Host: shop.example, evil.example\r\n").refused(),
                host("a path", "Host: shop.example/x\r\n").refused(),
                host("a query", "Host: shop.example?x\r\n").refused(),
                host("a fragment", "Host: shop.example#x\r\n").refused(),
                host("a scheme", "Host: http://shop.example\r\n").refused(),
                host("a user", "Host: user@shop.example\r\n").refused(),
                host("a space", "Host: shop.example evil.example\r\n").refused(),
                host("a tab", "Host: shop.example\tevil.example\r\n").refused(),
                host("a backslash", "Host: shop.example\\x\r\n").refused(),
                host("angle brackets", "Host: <script>\r\n").refused(),
                host("quotes", "Host: \"shop.example\"\r\n").refused(),
                host("a byte that is not ASCII", "Host: sh\u00f6p.example\r\n").refused(),
                host("a port that is no number", "Host: shop.example:http\r\n").refused(),
                host("a port that is signed", "Host: shop.example:-80\r\n").refused(),
                host("a port that is too large", "Host: shop.example:65536\r\n").refused(),
                host("two ports", "Host: shop.example:80:80\r\n").refused(),
                host("no name but a port", "Host: :80\r\n").refused(),
                host("a bracket that is not closed", "Host: [2001:db8::1\r\n").refused(),
                host("brackets without an address", "Host: []\r\n").refused());
    }

    private static HostileRequest host(String name, String fieldLines) {
        return verbatim(name, "GET /scripted/tried HTTP/1.1\r\n" + fieldLines + SCENE + "\r\n\r\n");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requestLines")
    default void aRequestLineIsOneOrRefused(HostileRequest tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileRequest> requestLines() {
        return Stream.of(
                line("a method in small letters", "get /scripted/tried HTTP/1.1")
                        .passes(""),
                line("a method that nobody knows", "FROB /scripted/tried HTTP/1.1")
                        .passes(""),
                line("a method of all characters", "!#$%&'*+-.^_`|~0aZ /scripted/tried HTTP/1.1")
                        .passes(""),
                line("a method that is HEAD but for its case", "head /scripted/tried HTTP/1.1")
                        .refused(400, 501),
                line("a method that is CONNECT but for its case", "Connect /scripted/tried HTTP/1.1")
                        .refused(400, 405, 501),
                line("a method that is TRACE but for its case", "trace /scripted/tried HTTP/1.1")
                        .refused(400, 405, 501),
                line("a method with a parenthesis", "G(T /scripted/tried HTTP/1.1")
                        .refused(400, 501),
                line("a method with NUL", "G\u0000T /scripted/tried HTTP/1.1").refused(400, 501),
                line("a method with a byte that is not ASCII", "G\u00e9T /scripted/tried HTTP/1.1")
                        .refused(400, 501),
                line("no method", " /scripted/tried HTTP/1.1").refused(400, 501),
                line("an endless method", "G".repeat(100_000) + " /scripted/tried HTTP/1.1")
                        .refused(400, 414, 431, 501)
                        .closed(),
                line("an endless path", "GET /scripted/" + "x".repeat(100_000) + " HTTP/1.1")
                        .refused(400, 414, 431)
                        .closed(),
                line("an endless version", "GET /scripted/tried HTTP/1.1" + "1".repeat(100_000))
                        .refused(400, 414, 431, 505)
                        .closed(),
                line("empty lines before", "\r\n\r\nGET /scripted/tried HTTP/1.1")
                        .passes(""),
                line("a space before", " GET /scripted/tried HTTP/1.1").refused(400, 501),
                line("tabs between", "GET\t/scripted/tried\tHTTP/1.1")
                        .refused(400, 501, 505)
                        .passes(""),
                line("two spaces after the method", "GET  /scripted/tried HTTP/1.1")
                        .refused()
                        .passes(""),
                line("two spaces before the version", "GET /scripted/tried  HTTP/1.1")
                        .refused(400, 505)
                        .passes(""),
                line("a space behind", "GET /scripted/tried HTTP/1.1 ").refused(400, 505),
                line("a word behind", "GET /scripted/tried HTTP/1.1 x").refused(400, 505),
                line("a carriage return inside", "GET /scripted/tried\rHTTP/1.1")
                        .refused(400, 505),
                line("a line feed inside", "GET /scripted/tried\nHTTP/1.1")
                        .refused(400, 505)
                        .closed(),
                line("no version", "GET /scripted/tried").refused(400, 505).closed(),
                line("no version but a space", "GET /scripted/tried ")
                        .refused(400, 505)
                        .closed(),
                line("no path", "GET HTTP/1.1").refused(400, 505).closed(),
                line("a path without a slash", "GET scripted/tried HTTP/1.1").refused(),
                line("an authority", "GET shop.example:80 HTTP/1.1").refused(),
                asHostsRefuse(line("an asterisk", "GET * HTTP/1.1").refused()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("versions")
    default void aVersionIsKnownOrRefused(HostileRequest tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileRequest> versions() {
        return Stream.concat(
                Stream.of(
                        version("HTTP/1.0").passesAlone(""),
                        version("http/1.1").refused(400, 505).passes(""),
                        verbatim("HTTP/0.9", "GET /scripted/tried\r\n")
                                .refused(400, 505)
                                .closed()),
                Stream.of(
                                "HTTP/0.9",
                                "HTTP/1.2",
                                "HTTP/2.0",
                                "HTTP/2",
                                "HTTP/3.0",
                                "HTTP/9.9",
                                "HTTP/1",
                                "HTTP/1.",
                                "HTTP/11",
                                "HTTP/1,1",
                                "HTTP/01.1",
                                "HTTP/1.1.1",
                                "HTTP/1.1x",
                                "HTTP/+1.1",
                                "HTP/1.1",
                                "HTTP",
                                "HTTP/",
                                "/1.1",
                                "\u0001")
                        .map(version -> version(version).refused(400, 426, 505).closed()));
    }

    private static HostileRequest version(String version) {
        return line("as " + version, "GET /scripted/tried " + version);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("absoluteForms")
    default void anAbsoluteFormMeansItsPathAtItsAuthority(HostileRequest tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileRequest> absoluteForms() {
        return Stream.of(
                        line("the authority of Host", "GET http://shop.example/scripted/tried HTTP/1.1")
                                .passes(""),
                        line("another authority than Host", "GET http://evil.example/scripted/tried HTTP/1.1")
                                .refused(),
                        line("another port than Host", "GET http://shop.example:81/scripted/tried HTTP/1.1")
                                .refused(),
                        line("a user, which Tomcat takes off", "GET http://user@shop.example/scripted/tried HTTP/1.1")
                                .refused()
                                .passes(""),
                        line("no authority", "GET http:///scripted/tried HTTP/1.1")
                                .refused(),
                        line("no path", "GET http://shop.example HTTP/1.1")
                                .refused()
                                .unmatched(),
                        line("a path that leaves its rule", "GET http://shop.example/scripted/../other HTTP/1.1")
                                .refused(),
                        line("a scheme that is not HTTP", "GET ftp://shop.example/scripted/tried HTTP/1.1")
                                .refused(),
                        line("a file", "GET file:///scripted/tried HTTP/1.1").refused())
                .map(this::asHostsRefuse);
    }

    /**
     * The request is about the listener, not about what is behind it. Tomcat answers with what it supports; the other
     * hosts refuse.
     */
    @Test
    default void optionsOfNothingInParticularReachNoTarget() throws IOException {
        Scene scene = scene(Script.OK);
        Reply reply = ask("OPTIONS * HTTP/1.1", scene);
        assertThat(reply.status()).isIn(200, 400, 404);
        assertThat(reply.text()).isEmpty();
        assertThat(scene.requests()).isEmpty();
    }
}
