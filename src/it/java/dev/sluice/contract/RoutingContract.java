package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockserver.model.HttpRequest.request;
import static org.mockserver.model.HttpResponse.response;

import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockserver.model.MediaType;

/** Which target a request reaches, and in which form. */
interface RoutingContract extends Contract {

    @Test
    default void roundRobinIsExactOverOneConnection() throws IOException {
        Scene scene = scene(Script.OK);
        try (Wire client = connect()) {
            for (int i = 0; i < 6; i++) {
                assertThat(ask(client, "GET /three HTTP/1.1", scene).status()).isEqualTo(200);
            }
        }
        assertWalkedInOrder(scene.targets(), 6);
    }

    @Test
    default void roundRobinIsExactOverSeparateConnections() throws IOException {
        Scene scene = scene(Script.OK);
        for (int i = 0; i < 6; i++) {
            assertThat(get("/three", scene).status()).isEqualTo(200);
        }
        assertWalkedInOrder(scene.targets(), 6);
    }

    /** The start of the cycle is left open: other tests have used the group before. */
    private static void assertWalkedInOrder(List<String> targets, int requests) {
        List<String> order = List.of("a", "b", "c");
        int begin = order.indexOf(targets.get(0));
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            expected.add(order.get((begin + i) % order.size()));
        }
        assertThat(targets).isEqualTo(expected);
    }

    @Test
    default void noRequestIsLostToATargetThatRefuses() throws IOException {
        Scene scene = scene(Script.OK);
        for (int i = 0; i < 6; i++) {
            assertThat(get("/one-refuses", scene).status()).isEqualTo(200);
        }
        assertThat(scene.targets()).hasSize(6).containsOnly("a", "c");
    }

    @Test
    default void noUploadIsLostToATargetThatRefuses() throws IOException {
        Scene scene = scene(Script.OK);
        for (int i = 0; i < 6; i++) {
            try (Wire client = connect()) {
                sendHead(client, "POST /one-refuses HTTP/1.1", scene, "Content-Length: 5");
                assertThat(client.send("hello").readReply().status()).isEqualTo(200);
            }
        }
        assertThat(scene.texts()).hasSize(6).containsOnly("hello");
    }

    @ParameterizedTest
    @CsvSource({
        "/api, scripted",
        "/api/x, scripted",
        "/api/special, other",
        "/api/special/x, other",
        "/api/specialx, scripted"
    })
    default void theLongestPrefixWins(String path, String target) throws IOException {
        Scene scene = scene(Script.OK);
        assertThat(get(path, scene).status()).isEqualTo(200);
        assertThat(scene.targets()).containsExactly(target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api", "/api/", "/api?x", "/api/?x"})
    default void aPrefixMatchesItselfAndWhatIsBelow(String path) throws IOException {
        assertThat(get(path, scene(Script.OK)).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/apix", "/ap", "/API", "/", "//a;x", "/my", "/my/listenerx", "/unknown/api"})
    default void whereNoRuleMatchesTheAnswerIs404(String path) throws IOException {
        Scene scene = scene(Script.OK);
        assertOwnResponse(get(path, scene), 404);
        assertThat(scene.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/my/listener/resource, /v1/resource",
        "/my/listener, /v1",
        "/my/listener/, /v1/",
        "/my/listener?q=1, /v1?q=1",
        "/my/listener/my/listener, /v1/my/listener",
        "/below/x, /v1/below/x",
        "/strip, /",
        "/strip/, /",
        "/strip?q, /?q",
        "/strip/x/strip, /x/strip"
    })
    default void thePathIsRewritten(String path, String atTarget) throws IOException {
        Scene scene = scene(Script.OK);
        assertThat(get(path, scene).status()).isEqualTo(200);
        assertThat(scene.request().requestTarget()).isEqualTo(atTarget);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/scripted/caf%E9",
                "/scripted/a%2Fb",
                "/scripted/a%2fb",
                "/scripted//x",
                "/scripted/x//",
                "/scripted/x;v=1",
                "/scripted/x;v=1/y;w",
                "/scripted/a%20b",
                "/scripted/a+b",
                "/scripted/%7Ex~",
                "/scripted/%C3%A9",
                "/scripted/100%25",
                "/scripted/a.b/..c/...",
                "/scripted/!$&'()*,=:@-_",
                "/scripted?a=%2F&&b=;c",
                "/scripted?a=b?c/d",
                "/scripted?a+b%20c",
                "/scripted?%",
                "/scripted?=&=",
                "/scripted?id[]=1&a={b|c}&d=\\^`"
            })
    default void pathAndQueryArriveByteForByte(String requestTarget) throws IOException {
        Scene scene = scene(Script.OK);
        assertThat(get(requestTarget, scene).status()).isEqualTo(200);
        assertThat(scene.request().requestTarget()).isEqualTo(requestTarget);
    }

    @Test
    default void anEmptyQueryStaysOne() throws IOException {
        Scene scene = scene(Script.OK);
        assertThat(get("/scripted/x?", scene).status()).isEqualTo(200);
        assertThat(scene.request().requestTarget()).isEqualTo("/scripted/x?");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/scripted/../other",
                "/scripted/%2e%2e/other",
                "/scripted/.%2E/other",
                "/scripted/..%2Fother",
                "/scripted/..;/other",
                "/scripted/x/../../other",
                "/strip/../other"
            })
    default void aPathThatMayLeaveItsRuleIsRefused(String path) throws IOException {
        Scene scene = scene(Script.OK);
        assertThat(get(path, scene).status()).isEqualTo(400);
        assertThat(scene.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"})
    default void everyMethodIsForwarded(String method) throws IOException, InterruptedException {
        String path = "/mock/methods/" + method;
        stage().mockServer()
                .when(request().withMethod(method).withPath(path))
                .respond(response().withStatusCode(200).withHeader("Seen", method));
        HttpResponse<String> answer = send(HttpRequest.newBuilder()
                .method(method, HttpRequest.BodyPublishers.noBody())
                .uri(uri(path)));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().allValues("Seen")).containsExactly(method);
        stage().mockServer().verify(request().withMethod(method).withPath(path));
    }

    @Test
    default void traceIsNotForwarded() throws IOException {
        Scene scene = scene(Script.OK);
        Reply reply = ask("TRACE /scripted HTTP/1.1", scene);
        assertOwnResponse(reply, 405);
        assertThat(reply.field("Allow")).contains("GET").doesNotContain("TRACE");
        assertThat(scene.requests()).isEmpty();
    }

    /** Tomcat does not pass it to a servlet, but answers 501 or 400 itself. */
    @ParameterizedTest
    @ValueSource(strings = {"shop.example:443", "/scripted"})
    default void connectIsNotForwarded(String target) throws IOException {
        Scene scene = scene(Script.OK);
        assertThat(ask("CONNECT " + target + " HTTP/1.1", scene).status()).isIn(400, 405, 501);
        assertThat(scene.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 201, 202, 206, 301, 302, 307, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 599})
    default void everyStatusComesBackWithItsBody(int status) throws IOException, InterruptedException {
        String path = "/mock/status/" + status;
        stage().mockServer()
                .when(request().withPath(path))
                .respond(response()
                        .withStatusCode(status)
                        .withHeader("Location", "/elsewhere")
                        .withContentType(MediaType.TEXT_PLAIN)
                        .withBody("body of " + status));
        HttpResponse<String> answer = send(HttpRequest.newBuilder().uri(uri(path)));
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).isEqualTo("body of " + status);
        assertThat(answer.headers().allValues("Location")).containsExactly("/elsewhere");
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 304})
    default void aStatusWithoutABodyComesBackWithoutOne(int status) throws IOException {
        Scene scene = scene(exchange -> exchange.sendHead("HTTP/1.1 " + status + " Fine", "ETag: \"x\""));
        try (Wire client = connect()) {
            for (int i = 0; i < 2; i++) { // the second would read what should not have followed the first
                Reply reply = ask(client, "GET /scripted HTTP/1.1", scene);
                assertThat(reply.status()).isEqualTo(status);
                assertThat(reply.field("ETag")).isEqualTo("\"x\"");
                assertThat(reply.fields("Transfer-Encoding")).isEmpty();
            }
        }
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + stage().host().port() + path);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .build()
                .send(request.timeout(Wire.PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    default void aUriMayHaveSoManyBytesAsAreConfigured() throws IOException {
        Scene scene = scene(Script.OK);
        String path = "/scripted/" + "a".repeat(2_000) + "?";
        String most = path + "b".repeat(Stage.MAX_URI_BYTES - path.length());
        assertThat(ask("GET " + most + " HTTP/1.1", scene).status()).isEqualTo(200);
        assertOwnResponse(ask("GET " + most + "b HTTP/1.1", scene), 414);
        assertThat(scene.requests()).hasSize(1);
    }
}
