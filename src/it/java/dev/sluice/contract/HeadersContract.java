package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which header fields pass, in both directions, and which are added. */
interface HeadersContract extends Contract {

    int LARGE = 6 * 1024;

    @Test
    default void nothingIsAddedButWhatSaysWhoAsked() throws IOException {
        Scene scene = scene(Script.OK);
        get("/scripted", scene, "X-Own: 1");
        assertThat(scene.request().names())
                .containsExactlyInAnyOrder(
                        "host",
                        "scene",
                        "x-own",
                        "x-forwarded-for",
                        "x-forwarded-proto",
                        "x-forwarded-host",
                        "x-forwarded-port");
    }

    @Test
    default void theTargetIsToldWhoAsked() throws IOException {
        Scene scene = scene(Script.OK);
        get("/scripted", scene);
        assertForwarded(scene.request());
    }

    @Test
    default void whatAClientSaysOfWhoAskedIsOverwritten() throws IOException {
        Scene scene = scene(Script.OK);
        get(
                "/scripted",
                scene,
                "X-Forwarded-For: 10.1.1.1",
                "x-forwarded-for: 10.1.1.2",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: evil.example",
                "X-Forwarded-Port: 443");
        assertForwarded(scene.request());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Forwarded",
                "forwarded",
                "X-Forwarded",
                "X-Forwarded-Prefix",
                "X-Forwarded-Scheme",
                "X-Forwarded-Server",
                "x-forwarded-ssl",
                "X-FORWARDED-ANYTHING",
                "X_Forwarded_For",
                "X-Forwarded_Proto",
                "X-Real-IP",
                "X-Original-URL",
                "X-Rewrite-URL",
                "Front-End-Https"
            })
    default void whatOnlyProxiesSayDoesNotPassFromAClientThatIsNone(String name) throws IOException {
        Scene scene = scene(Script.OK);
        get("/scripted", scene, name + ": 10.1.1.1", "X-Stays: 1");
        assertThat(scene.request().names()).contains("x-stays");
        assertThat(scene.request().fieldLines()).noneMatch(line -> line.endsWith("10.1.1.1"));
        assertForwarded(scene.request());
    }

    @Test
    default void whatATrustedProxySaysIsContinuedAndTheRestOfItStays() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire proxy = Wire.connect(Stage.TRUSTED_PROXY, stage().host().port())) {
            ask(
                    proxy,
                    "GET /scripted HTTP/1.1",
                    scene,
                    "X-Forwarded-For: 10.1.1.1, 10.1.1.2",
                    "x-forwarded-for: 2001:db8::1",
                    "X-Forwarded-Proto: https",
                    "X-Forwarded-Prefix: /shop",
                    "X-Real-IP: 10.1.1.1");
        }
        Head request = scene.request();
        assertThat(request.values("X-Forwarded-For")).containsExactly("10.1.1.1, 10.1.1.2, 2001:db8::1, 127.0.0.7");
        assertThat(request.values("X-Forwarded-Proto")).containsExactly("https");
        assertThat(request.values("X-Forwarded-Host")).containsExactly("shop.example");
        assertThat(request.values("X-Forwarded-Port")).containsExactly("443"); // as the proxy's scheme has it
        assertThat(request.values("X-Forwarded-Prefix")).containsExactly("/shop");
        assertThat(request.values("X-Real-IP")).containsExactly("10.1.1.1");
    }

    /** The connection counts, rather than what the request-target says of it. */
    @Test
    default void aClientDoesNotChooseTheScheme() throws IOException {
        Scene scene = scene(Script.OK);
        ask("GET https://shop.example/scripted HTTP/1.1", scene);
        assertThat(scene.request().values("X-Forwarded-Proto")).containsExactly("http");
    }

    /** RFC 9110 section 15.5.22. */
    @Test
    default void aDemandForAnotherProtocolNamesIt() throws IOException {
        Scene scene = scene(exchange ->
                exchange.answer("426 Upgrade Required", "", "Upgrade: h2c, websocket", "Connection: Upgrade"));
        Reply reply = get("/scripted", scene);
        assertThat(reply.status()).isEqualTo(426);
        assertThat(reply.fields("Upgrade")).containsExactly("websocket");
        assertThat(reply.fields("Connection")).containsExactly("Upgrade");
    }

    private void assertForwarded(Head request) {
        assertThat(request.values("X-Forwarded-For")).containsExactly("127.0.0.1");
        assertThat(request.values("X-Forwarded-Proto")).containsExactly("http");
        assertThat(request.values("X-Forwarded-Host")).containsExactly("shop.example");
        assertThat(request.values("X-Forwarded-Port"))
                .containsExactly(Integer.toString(stage().host().port()));
    }

    @Test
    default void hostIsTheTargetsNameAndPort() throws IOException {
        Scene scene = scene(Script.OK);
        get("/named", scene);
        assertThat(scene.request().values("Host"))
                .containsExactly("localhost:" + stage().scripted().port());
    }

    @ParameterizedTest
    @ValueSource(strings = {"shop.example", "shop.example:8080", "SHOP.example.", "[2001:db8::1]:80", "192.0.2.1"})
    default void aHostThatIsPreservedGoesOnAsItIs(String host) throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            client.sendHead("GET /preserved HTTP/1.1", "Host: " + host, scene.field())
                    .readReply();
        }
        assertThat(scene.request().values("Host")).containsExactly(host);
        assertThat(scene.request().values("X-Forwarded-Host")).containsExactly(host);
    }

    @Test
    default void theHostOfAnAbsoluteRequestTargetIsPreserved() throws IOException {
        Scene scene = scene(Script.OK);
        ask("GET http://shop.example/preserved?a=b HTTP/1.1", scene);
        assertThat(scene.request().values("Host")).containsExactly("shop.example");
        assertThat(scene.request().requestTarget()).isEqualTo("/preserved?a=b");
    }

    /**
     * RFC 9112 section 3.2.2 lets the request-target win, but hosts refuse the request. What matters is that no target
     * is told the other host.
     */
    @Test
    default void aHostThatAnAbsoluteRequestTargetContradictsIsNotPassedOn() throws IOException {
        Scene scene = scene(Script.OK);
        assertThat(ask("GET http://other.example/preserved HTTP/1.1", scene).status())
                .isEqualTo(400);
        assertThat(scene.requests()).allSatisfy(request -> {
            assertThat(request.values("Host")).containsExactly("other.example");
            assertThat(request.values("X-Forwarded-Host")).containsExactly("other.example");
        });
    }

    @Test
    default void aRequestWithoutAHostGetsTheTargets() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            client.sendHead("GET /preserved HTTP/1.0", scene.field()).readReply();
        }
        assertThat(scene.request().values("Host"))
                .containsExactly("127.0.0.1:" + stage().scripted().port());
    }

    @ParameterizedTest
    @CsvSource({
        "302, Location,         http://localhost:PORT/v1/login?a=b, http://shop.example/located/login?a=b",
        "201, Location,         http://127.0.0.1:PORT/v1/new,       http://shop.example/located/new",
        "308, Location,         /v1/login,                          /located/login",
        "200, Content-Location, http://localhost:PORT/v1/x.en,      http://shop.example/located/x.en",
        "302, Location,         http://localhost:1/v1/login,        http://localhost:1/v1/login",
        "302, Location,         /v2/login,                          /v2/login",
        "200, Location,         /v1/login,                          /v1/login",
        "302, Location,         login#x,                            login#x",
    })
    default void aTargetsOwnAddressBecomesThatOfItsClient(int status, String field, String said, String expected)
            throws IOException {
        String value = said.replace("PORT", Integer.toString(stage().scripted().port()));
        Scene scene = scene(exchange -> exchange.answer(status + " X", "ok", field + ": " + value));
        assertThat(get("/located/page", scene).fields(field)).containsExactly(expected);
        assertThat(get("/scripted", scene).fields(field)).as("unless it is on").containsExactly(value);
    }

    @Test
    default void anAddressBecomesThatOfWhatATrustedProxySays() throws IOException {
        Scene scene = scene(exchange -> exchange.answer(
                "302 Found",
                "ok",
                "Location: /v1/x",
                "Location: http://localhost:" + stage().scripted().port() + "/v1/y"));
        String[] said = {"X-Forwarded-Proto: https", "X-Forwarded-Host: www.shop.example"};
        try (Wire proxy = Wire.connect(Stage.TRUSTED_PROXY, stage().host().port())) {
            Reply reply = ask(proxy, "GET /located HTTP/1.1", scene, said);
            assertThat(reply.fields("Location")).containsExactly("/located/x", "https://www.shop.example/located/y");
        }
        assertThat(get("/located", scene, said).fields("Location"))
                .as("what anybody else says is not believed")
                .containsExactly("/located/x", "http://shop.example/located/y");
    }

    @Test
    default void whatBelongsToTheClientsConnectionEndsHere() throws IOException {
        Scene scene = scene(Script.OK);
        get(
                "/scripted",
                scene,
                "Connection: X-Secret, keep-alive",
                "Connection: x-other",
                "X-Secret: 1",
                "X-Other: 1",
                "Keep-Alive: timeout=7",
                "Proxy-Connection: keep-alive",
                "Proxy-Authorization: Basic eDp5",
                "TE: gzip",
                "Trailer: X-Sum",
                "X-Stays: 1");
        assertThat(scene.request().names())
                .contains("x-stays")
                .doesNotContain(
                        "connection",
                        "x-secret",
                        "x-other",
                        "keep-alive",
                        "proxy-connection",
                        "proxy-authorization",
                        "te",
                        "trailer");
    }

    @Test
    default void whatBelongsToTheTargetsConnectionEndsHere() throws IOException {
        Scene scene = scene(exchange -> exchange.answer(
                "200 OK",
                "ok",
                "Connection: X-Secret, keep-alive",
                "Connection: x-other",
                "X-Secret: 1",
                "X-Other: 1",
                "Keep-Alive: timeout=7",
                "Proxy-Connection: keep-alive",
                "Proxy-Authenticate: Basic",
                "Trailer: X-Sum",
                "Upgrade: something/1",
                "X-Stays: 1"));
        Reply reply = get("/scripted", scene);
        assertThat(reply.head().names())
                .contains("x-stays")
                .doesNotContain("x-secret", "x-other", "proxy-connection", "proxy-authenticate", "trailer", "upgrade");
        assertThat(reply.field("Connection")).doesNotContainIgnoringCase("x-");
        assertThat(reply.field("Keep-Alive")).isNotEqualTo("timeout=7"); // a host may send its own
    }

    @Test
    default void equalNamedFieldsReachTheTargetInTheirOrder() throws IOException {
        Scene scene = scene(Script.OK);
        get("/scripted", scene, "X-Many: 1", "Accept: text/html", "x-many: 2, 3", "X-Many: ", "X-Many: 4");
        assertThat(scene.request().values("X-Many")).containsExactly("1", "2, 3", "", "4");
    }

    @Test
    default void equalNamedFieldsReachTheClientInTheirOrder() throws IOException {
        List<String> cookies = List.of("a=1; Path=/; HttpOnly", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "a=3");
        Scene scene = scene(exchange -> exchange.answer(
                "200 OK",
                "ok",
                cookies.stream().map(cookie -> "Set-Cookie: " + cookie).toArray(String[]::new)));
        assertThat(get("/scripted", scene).fields("Set-Cookie")).isEqualTo(cookies);
    }

    @Test
    default void theTargetsServerAndDateReplaceTheHosts() throws IOException {
        String date = "Tue, 15 Nov 1994 08:12:31 GMT";
        Scene scene = scene(exchange -> exchange.answer("200 OK", "ok", "Server: target/1", "Date: " + date));
        Reply reply = get("/scripted", scene);
        assertThat(reply.fields("Server")).containsExactly("target/1");
        assertThat(reply.fields("Date")).containsExactly(date);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html",
                "text/plain",
                "text/plain; charset=utf-8",
                "text/html;charset=ISO-8859-1",
                "TEXT/HTML; Charset=\"UTF-8\"",
                "application/json",
                "multipart/byteranges; boundary=\"a b\"",
                "image/png"
            })
    default void contentTypePasses(String contentType) throws IOException {
        Scene scene = scene(exchange -> {
            exchange.readBody();
            exchange.answer("200 OK", "ok", "Content-Type: " + contentType);
        });
        try (Wire client = connect()) {
            sendHead(client, "POST /scripted HTTP/1.1", scene, "Content-Type: " + contentType, "Content-Length: 2");
            Reply reply = client.send("ok").readReply();
            // Hosts write the same media type in different ways: spaces and the case of the charset differ.
            assertThat(reply.fields("Content-Type"))
                    .singleElement()
                    .satisfies(answered -> assertThat(mediaType(answered)).isEqualTo(mediaType(contentType)));
        }
        assertThat(scene.request().values("Content-Type")).containsExactly(contentType);
    }

    @Test
    default void anAnswerWithoutAContentTypeGetsNone() throws IOException {
        assertThat(get("/scripted", scene(Script.OK)).fields("Content-Type")).isEmpty();
    }

    /**
     * Unless it is told not to, Jetty caches the field values that it has parsed on a connection, and takes a cached
     * one for a later value that differs only in case.
     */
    @Test
    default void aValueKeepsItsCaseAfterOneThatDiffersInCaseOnly() throws IOException {
        Scene scene = scene(exchange -> exchange.answer(
                "200 OK",
                "ok",
                "Echo: " + exchange.head().value("Cache-Control"),
                "Cache-Control: " + exchange.head().value("Cache-Control")));
        try (Wire client = connect()) {
            for (String value : List.of("no-store", "No-StOrE", "NO-STORE")) {
                Reply reply = ask(client, "GET /scripted HTTP/1.1", scene, "Cache-Control: " + value);
                assertThat(reply.field("Echo")).as("at the target").isEqualTo(value);
                assertThat(reply.field("Cache-Control")).as("at the client").isEqualTo(value);
            }
        }
    }

    @Test
    default void largeFieldsPassBothWays() throws IOException {
        String large = "x".repeat(LARGE);
        Scene scene = scene(exchange -> exchange.answer("200 OK", "ok", "X-Large: " + large));
        Reply reply = get("/scripted", scene, "X-Large: " + large);
        assertThat(scene.request().value("X-Large")).isEqualTo(large);
        assertThat(reply.field("X-Large")).isEqualTo(large);
    }

    private static String mediaType(String contentType) {
        return contentType.replaceAll("; +", ";").replace("\"UTF-8\"", "utf-8").toLowerCase(Locale.ROOT);
    }
}
