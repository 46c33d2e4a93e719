package dev.sluice.contract;

import static dev.sluice.contract.Stage.ADMIN_PATH;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.WaitingScript;
import dev.sluice.contract.wire.Wire;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators can see and do below ADMIN_PATH. No target ever sees any of it. */
interface AdminContract extends Contract {

    private Reply admin(String method, String rest, String... fieldLines) throws IOException {
        return ask(method + " " + ADMIN_PATH + rest + " HTTP/1.1", scene(Script.OK), fieldLines);
    }

    private static void assertIsForOperators(Reply reply) {
        assertThat(reply.field("Content-Security-Policy"))
                .startsWith("default-src 'none'; script-src 'self'; style-src 'self'; ")
                .doesNotContain("unsafe");
        assertThat(reply.field("Cache-Control")).isEqualTo("no-store");
        assertThat(reply.field("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(reply.whole()).isTrue();
    }

    @Test
    default void itIsLive() throws IOException {
        Reply live = admin("GET", "/live");
        assertThat(live.status()).isEqualTo(200);
        assertThat(live.text()).isEqualTo("live\n");
        assertIsForOperators(live);

        Reply head = admin("HEAD", "/live");
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.text()).isEmpty();
        assertIsForOperators(head);
    }

    @Test
    default void itIsNotReadyWhileAGroupHasNoTargetAndSaysWhich() throws IOException {
        Reply ready = admin("GET", "/ready");
        assertThat(ready.status()).isEqualTo(503);
        assertThat(ready.text().lines())
                .containsExactly("nowhere: no target is available: none of its names has an address");
        assertIsForOperators(ready);
    }

    @Test
    default void a503SaysWhyInTheLog() throws IOException {
        assertThat(get("/nowhere/at-all", scene(Script.OK)).status()).isEqualTo(503);
        stage().host()
                .awaitLogLine(
                        "503 GET /nowhere/at-all: nowhere: no target is available: none of its names has an address");
    }

    @Test
    default void theStatusHasEveryGroupAndTarget() throws IOException {
        Reply status = admin("GET", "/status");
        assertThat(status.status()).isEqualTo(200);
        assertThat(status.field("Content-Type")).startsWith("application/json");
        assertIsForOperators(status);
        String other = stage().other().address();
        assertThat(status.text())
                .startsWith("{\"version\":\"")
                .contains("\"draining\":false,\"configuration\":{\"inUseSince\":\"")
                .contains("\"refused\":null}")
                .contains("\"failuresPerSecond\":[0,")
                .contains(
                        "{\"pathPrefix\":\"/my/listener\",\"pathRewrite\":\"/my/listener\",\"targetGroup\":\"versioned\"}")
                .contains("{\"name\":\"other\",\"algorithm\":\"ROUND_ROBIN\",\"available\":true")
                .contains("\"name\":\"" + other + "\",\"path\":\"" + ADMIN_PATH + "/targets/other/" + other + "\"")
                .contains("\"reason\":\"it has no checks\"");
    }

    @Test
    default void theStatusIsAPageForBrowsersThatNeedsNoScript() throws IOException {
        Reply page = admin("GET", "/status", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.field("Content-Type")).matches("text/html; ?charset=(?i:utf-8)");
        assertThat(page.field("Vary")).isEqualTo("Accept");
        assertIsForOperators(page);
        assertThat(page.text())
                .contains(">other</h2>")
                .contains(">" + stage().other().address() + "</th>")
                .contains("none of its names has an address")
                .contains(">/my/listener</th><td>/my/listener</td>");
        assertThat(admin("HEAD", "/status", "Accept: text/html").field("Content-Length"))
                .isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({"/status.css, text/css", "/status.js, text/javascript"})
    default void itsFilesAreThere(String rest, String type) throws IOException {
        Reply file = admin("GET", rest);
        assertThat(file.status()).isEqualTo(200);
        assertThat(file.field("Content-Type")).startsWith(type);
        assertIsForOperators(file);
        assertThat(admin("GET", "/status", "Accept: text/html").text()).contains("\"" + rest.substring(1) + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/"})
    default void theWayToTheStatusIsShort(String rest) throws IOException {
        Reply reply = admin("GET", rest);
        assertThat(reply.status()).isEqualTo(302);
        assertThat(reply.field("Location")).isEqualTo(ADMIN_PATH + "/status");
        assertIsForOperators(reply);
    }

    private Wire look() throws IOException {
        return sendHead(connect(), "GET " + ADMIN_PATH + "/events HTTP/1.1", scene(Script.OK));
    }

    private static String nextEvent(BufferedReader events) throws IOException {
        String line = events.readLine();
        while (!line.startsWith("data: ")) {
            assertThat(line).matches("|retry: [0-9]+");
            line = events.readLine();
        }
        assertThat(events.readLine()).isEmpty();
        return line;
    }

    @Test
    default void whoLooksIsShownItAgainAndAgain() throws IOException {
        try (Wire viewer = look()) {
            Head head = viewer.readHead();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.value("Content-Type")).startsWith("text/event-stream");
            assertThat(head.value("Cache-Control")).isEqualTo("no-store");
            BufferedReader events = new BufferedReader(new InputStreamReader(viewer.responseBody(head), UTF_8));
            for (int i = 0; i < 2; i++) {
                assertThat(nextEvent(events)).startsWith("data: <main>").endsWith("</main>");
            }
        }
        Reply head = admin("HEAD", "/events");
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.whole()).isTrue();
    }

    /** Each viewer holds a connection. Once one has left, another may take its place. */
    @Test
    default void soManyMayLookAtOnce() throws IOException {
        List<Wire> viewers = new ArrayList<>();
        try {
            for (int status = 200; status == 200; ) {
                assertThat(viewers).hasSizeLessThanOrEqualTo(20);
                Wire viewer = look();
                viewers.add(viewer);
                status = viewer.readHead().status();
                assertThat(status).isIn(200, 503);
            }
            assertThat(viewers).hasSizeGreaterThan(10); // viewers of another test may still be counted
        } finally {
            for (Wire viewer : viewers) {
                viewer.close();
            }
        }
        await().atMost(Wire.PATIENCE).untilAsserted(() -> {
            try (Wire viewer = look()) {
                assertThat(viewer.readHead().status()).isEqualTo(200);
            }
        });
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /nothing, 404",
        "GET, /live/, 404",
        "GET, /live/../../other, 404",
        "GET, /targets, 404",
        "POST, '', 405",
        "POST, /live, 405",
        "POST, /events, 405",
        "DELETE, /status, 405",
        "OPTIONS, /ready, 405",
        "POST, /nothing, 404"
    })
    default void whatIsNotThereIsNotForwardedEither(String method, String rest, int status) throws IOException {
        Scene scene = scene(Script.OK);
        Reply reply = ask(method + " " + ADMIN_PATH + rest + " HTTP/1.1", scene, "Content-Length: 0");
        assertThat(scene.requests()).isEmpty();
        assertThat(reply.status()).isEqualTo(status);
        if (status == 405) {
            assertThat(reply.field("Allow")).isEqualTo("GET, HEAD");
        }
        assertThat(reply.text()).hasLineCount(1);
        assertIsForOperators(reply);
    }

    /** Some of these are refused by the host itself, with 400. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/%2D/sluice/live",
                "/-/%73luice/live",
                "/-%2Fsluice/live",
                "/-%5Csluice/live",
                "/-//sluice/live",
                "//-/sluice/live",
                "/-/./sluice/live",
                "/-/x/../sluice/live",
                "/x/..;/-/sluice/live",
                "/-/%2e/sluice/live",
                "/-;a=b/sluice/live",
                "/-/sluice;a=b/live",
                "/-/sluice%2Flive",
                "/%252D/sluice/live",
                "/-/sluice%3Bx/live",
                "http://shop.example/-/./sluice/live"
            })
    default void inAnotherSpellingItIsARequestLikeAnyOther(String requestTarget) throws IOException {
        Scene scene = scene(Script.OK);
        Reply reply = ask("GET " + requestTarget + " HTTP/1.1", scene);
        assertThat(reply.status()).isIn(200, 400, 404); // 404 if no rule matches
        assertThat(scene.requests()).hasSize(reply.status() == 200 ? 1 : 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/-/sluices",
                "/-/",
                "/-/Sluice/live",
                "/-/sluice.live",
                "/-/sluice-too/../x",
                "/-/x%2Fy",
                "/-/%73luice/live",
                "/-/./sluice/live"
            })
    default void whatIsBesideItIsForwarded(String path) throws IOException {
        Scene scene = scene(Script.OK);
        assertThat(ask("GET " + path + " HTTP/1.1", scene).status()).isEqualTo(200);
        assertThat(scene.requests()).singleElement().extracting("requestTarget").isEqualTo(path);
    }

    /** Behind a proxy on the same machine, every client seems to be on this machine. */
    @ParameterizedTest
    @ValueSource(strings = {"X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "Via: 1.1 proxy"})
    default void whatCameByAProxyIsAnsweredAsIfThereWereNothing(String field) throws IOException {
        Scene scene = scene(Script.OK);
        Reply reply = ask("GET " + ADMIN_PATH + "/live HTTP/1.1", scene, field);
        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.text()).isEmpty();
        assertThat(scene.requests()).isEmpty();
    }

    /** A site whose name resolves to this machine could read it in a browser on this machine. */
    @Test
    default void whatIsAskedOfAnotherNameIsAnsweredAsIfThereWereNothing() throws IOException {
        try (Wire client = connect()) {
            client.sendHead("GET " + ADMIN_PATH + "/live HTTP/1.1", "Host: evil.example");
            assertOwnResponse(client.readReply(), 404);
        }
    }

    @Test
    default void itIsServedHoweverOddTheRest() throws IOException {
        try (Wire client = connect()) {
            client.sendHead(
                    "GET " + ADMIN_PATH + "/live?" + "q".repeat(Stage.MAX_URI_BYTES) + " HTTP/1.1", "Host: localhost");
            assertThat(client.readReply().status()).isEqualTo(200);
        }
    }

    String BEARER = "Authorization: Bearer " + Stage.ADMIN_TOKEN;

    private String targetPath(String address, String action) {
        return "/targets/drained/" + address + "/" + action;
    }

    private Reply change(String address, String action) throws IOException {
        return admin("POST", targetPath(address, action), "Content-Length: 0", BEARER);
    }

    /** The Cookie field line of a session at this target. */
    private String cookieOf(String target) throws IOException {
        Scene scene = scene(Script.OK);
        Reply first = get("/drained", scene);
        while (!first.field("Target").equals(target)) {
            first = get("/drained", scene);
        }
        return "Cookie: " + first.field("Set-Cookie").split(";", 2)[0];
    }

    @Test
    default void aTargetThatIsTakenOutGetsNoRequestsNotEvenOfItsSessionsUntilItIsPutBack() throws IOException {
        String a = stage().a().address();
        Scene scene = scene(Script.OK);
        String cookie = cookieOf("a");
        assertThat(get("/drained", scene, cookie).field("Target")).isEqualTo("a");

        Reply drained = change(a, "drain");
        assertThat(drained.status()).isEqualTo(200);
        assertThat(drained.text())
                .isEqualTo("{\"targetGroup\":\"drained\",\"target\":\"" + a
                        + "\",\"state\":\"DRAINING\",\"inFlight\":0}\n");
        assertIsForOperators(drained);
        for (int i = 0; i < 3; i++) {
            assertThat(get("/drained", scene).field("Target")).isIn("b", "c");
            Reply moved = get("/drained", scene, cookie);
            assertThat(moved.field("Target")).isIn("b", "c");
            assertThat(moved.fields("Set-Cookie")).hasSize(1);
        }
        assertThat(admin("GET", "/status").text()).contains("\"reason\":\"an operator has taken it out\"");

        assertThat(change(a, "enable").text()).contains("\"state\":\"HEALTHY\"");
        assertThat(get("/drained", scene, cookie).field("Target")).isEqualTo("a");
    }

    @Test
    default void whoWaitsIsToldWhenNothingIsInFlightAnyMore() throws IOException {
        String b = stage().b().address() + "/v1";
        WaitingScript waiting = new WaitingScript();
        Scene scene = scene(waiting);
        Scene probe = scene(Script.OK);
        String cookie = cookieOf("b");
        try (Wire client = connect();
                Wire operator = connect()) {
            sendHead(client, "GET /drained HTTP/1.1", scene, cookie);
            waiting.awaitRequest();
            assertThat(change(b, "drain").status()).isEqualTo(202);
            Reply impatient = change(b, "drain?wait=1");
            assertThat(impatient.status()).isEqualTo(504);
            assertThat(impatient.text()).contains("\"inFlight\":1");
            sendHead(
                    operator,
                    "POST " + ADMIN_PATH + targetPath(b, "drain?wait=60") + " HTTP/1.1",
                    probe,
                    "Content-Length: 0",
                    BEARER);
            stage().host().awaitLogLine("drained: " + stage().b().address() + "/v1 is DRAINING");
            assertThat(operator.hasInput()).isFalse();
            waiting.answer();
            assertThat(client.readReply().text()).isEqualTo(WaitingScript.TEXT);
            Reply idle = operator.readReply();
            assertThat(idle.status()).isEqualTo(200);
            assertThat(idle.text()).contains("\"inFlight\":0");
            assertIsForOperators(idle);
        } finally {
            assertThat(change(b, "enable").status()).isEqualTo(200);
        }
    }

    @Test
    default void whoWaitsIsToldThatItWasPutBackAndIsNotSafeToStop() throws IOException {
        String a = stage().a().address();
        WaitingScript waiting = new WaitingScript();
        Scene scene = scene(waiting);
        String cookie = cookieOf("a");
        try (Wire client = connect();
                Wire operator = connect()) {
            sendHead(client, "GET /drained HTTP/1.1", scene, cookie);
            waiting.awaitRequest();
            sendHead(
                    operator,
                    "POST " + ADMIN_PATH + targetPath(a, "drain?wait=60") + " HTTP/1.1",
                    scene,
                    "Content-Length: 0",
                    BEARER);
            await().atMost(Wire.PATIENCE)
                    .until(() -> admin("GET", "/status").text().contains("an operator has taken it out"));
            assertThat(change(a, "enable").status()).isEqualTo(200);
            Reply putBack = operator.readReply();
            assertThat(putBack.status()).isEqualTo(409);
            assertThat(putBack.text()).contains("\"state\":\"HEALTHY\",\"inFlight\":1");
            waiting.answer();
            assertThat(client.readReply().text()).isEqualTo(WaitingScript.TEXT);
        } finally {
            assertThat(change(a, "enable").status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', 401, the ADMIN_TOKEN",
        "Basic b25seTp0aGUtb3BlcmF0b3Jz, 401, the ADMIN_TOKEN",
        "Bearer only-the-operators-of-this-suite-know-thiS, 401, the token is not ADMIN_TOKEN",
        "Bearer only-the-operators, 401, the token is not ADMIN_TOKEN",
        "bEARER only-the-operators, 401, the token is not ADMIN_TOKEN",
        "'Bearer ', 401, the ADMIN_TOKEN"
    })
    default void changesNeedTheToken(String authorization, int status, String reason) throws IOException {
        Reply reply = admin(
                "POST",
                targetPath(stage().a().address(), "drain"),
                "Content-Length: 0",
                "Authorization: " + authorization);
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.text()).contains(reason);
        assertThat(reply.field("WWW-Authenticate")).startsWith("Bearer");
        assertThat(get("/drained", scene(Script.OK)).status()).isEqualTo(200);
        assertThat(stage().host().log()).noneMatch(line -> line.contains(Stage.ADMIN_TOKEN));
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /targets/nothing/127.0.0.1:1/drain, 404, there is no target group nothing",
        "POST, /targets/drained/127.0.0.1:1/drain, 404, drained has no target 127.0.0.1:1",
        "POST, /targets/drained/%5B::1%5D:80/drain, 404, drained has no target [::1]:80",
        "POST, /targets/drained/127.0.0.1:1/stop, 404, 'unknown action stop'",
        "GET, /targets/drained/127.0.0.1:1/drain, 405, only for POST"
    })
    default void whatCannotBeDoneSaysWhy(String method, String rest, int status, String reason) throws IOException {
        Reply reply = admin(method, rest, "Content-Length: 0", BEARER);
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.text()).contains(reason);
        if (status == 405) {
            assertThat(reply.field("Allow")).isEqualTo("POST");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "3601", "", "1.5", "soon"})
    default void theWaitIsBounded(String wait) throws IOException {
        assertThat(change(stage().a().address(), "drain?wait=" + wait).status()).isEqualTo(400);
    }

    @Test
    default void itExplainsWhatBecomesOfARequestAndSendsNothing() throws IOException {
        Scene scene = scene(Script.OK);
        Reply text = ask(
                "GET " + ADMIN_PATH + "/explain?method=GET&host=shop.example&path=/my/listener/a%252Fb?c HTTP/1.1",
                scene);
        assertThat(text.status()).isEqualTo(200);
        assertThat(text.field("Content-Type")).startsWith("text/plain");
        assertIsForOperators(text);
        String versioned = stage().scripted().address();
        assertThat(text.text())
                .startsWith("GET /my/listener/a%2Fb?c to shop.example\n")
                .contains("\n  /my/listener to versioned: matches, the path is below /my/listener\n")
                .contains("\n  /api to scripted: not tried: a rule before it has matched\n")
                .contains("\n  " + versioned + "/v1 is HEALTHY (")
                .contains("\n    taken, score 0, asked for /v1/a%2Fb?c with Host " + versioned + "\n")
                .endsWith("\nAnswer: that of " + versioned + "/v1\n");
        assertThat(scene.requests()).isEmpty();
        Reply json = admin("GET", "/explain?path=/nothing/here", "Accept: application/json");
        assertThat(json.field("Content-Type")).startsWith("application/json");
        assertThat(json.text())
                .contains("\"reason\":\"the path does not begin with /my/listener\"")
                .contains("\"answer\":\"404: no rule matches\"");
    }

    @ParameterizedTest
    @CsvSource({
        "path=/api/../x, 400: a dot segment may lead out of /api/",
        "path=/apix, 404: no rule matches",
        "path=/nowhere, 503: no target is available: none of its names has an address",
        "method=TRACE&path=/other, 405",
        "method=head&path=/other, 400: the method differs from HEAD",
        "path=/-/sluice/live, never forwarded",
        "path=other, 400: the path does not begin with a slash"
    })
    default void itExplainsWhyARequestIsRefused(String query, String answer) throws IOException {
        Reply reply = admin("GET", "/explain?" + query);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.text()).contains(answer);
    }

    @Test
    default void whatItForeseesHappensHoweverOftenItIsAsked() throws IOException {
        Scene scene = scene(Script.OK);
        Map<String, String> addresses =
                Map.of("a", stage().a().address(), "b", stage().b().address());
        for (int i = 0; i < 7; i++) {
            String text = admin("GET", "/explain?path=/weighted").text();
            assertThat(admin("GET", "/explain?path=/weighted").text()).isEqualTo(text);
            String target = get("/weighted", scene).field("Target");
            assertThat(text).contains("Answer: that of " + addresses.getOrDefault(target, "127.0.0.1:"));
        }
    }
}
