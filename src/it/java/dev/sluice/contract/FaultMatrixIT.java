package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.BlackHole;
import dev.sluice.contract.wire.Fault;
import dev.sluice.contract.wire.Refusal;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Wire;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What becomes of a request if one of three targets is faulty, and if all are: by fault and method. If one target of a
 * group is faulty, it is the first. Ejection is disabled; otherwise the rows would not be comparable.
 */
@Timeout(120)
final class FaultMatrixIT {

    /** How long a target may stay silent: long enough for a busy machine. */
    private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(2);

    /** In addition to the time spent waiting for targets. */
    private static final Duration AT_MOST = Duration.ofSeconds(10);

    private static final String[] FAULTY = {"x", "y", "z"};
    private static final String BODY = "b".repeat(10_000);

    private static final Deque<Closeable> OPEN = new ArrayDeque<>();
    private static final Settings SETTINGS = new Settings();
    private static final Scenes SCENES = new Scenes();

    private static List<ScriptedTarget> closing;
    private static BlackHole blackHole;
    private static HostProcess host;

    @BeforeAll
    static void start() throws IOException {
        SETTINGS.set("CONNECTION_TIMEOUT", Long.toString(CONNECTION_TIMEOUT.toMillis()));
        SETTINGS.set("STREAM_IDLE_TIMEOUT_SECONDS", Long.toString(CONNECTION_TIMEOUT.toSeconds()));
        SETTINGS.set("EJECTION_CONSECUTIVE_FAILURES", "0");
        SETTINGS.set("RETRY_BUDGET_PERCENT", "100");
        String x = target("x");
        String y = target("y");
        String z = target("z");
        String good = target("a") + "," + target("b");
        blackHole = opened(new BlackHole());
        closing = List.of(
                opened(ScriptedTarget.thatClosesAtOnce()),
                opened(ScriptedTarget.thatClosesAtOnce()),
                opened(ScriptedTarget.thatClosesAtOnce()));
        SETTINGS.groupAtItsName("ready", good);
        SETTINGS.groupAtItsName("one", x, good);
        SETTINGS.groupAtItsName("all", x, y, z);
        SETTINGS.groupAtItsName("one-refuses", opened(new Refusal()).address(), good);
        SETTINGS.groupAtItsName(
                "all-refuse",
                opened(new Refusal()).address(),
                opened(new Refusal()).address());
        SETTINGS.groupAtItsName("one-is-a-black-hole", blackHole.address(), good);
        SETTINGS.groupAtItsName("all-are-black-holes", blackHole.address());
        SETTINGS.groupAtItsName("one-closes-at-once", closing.get(0).address(), good);
        SETTINGS.groupAtItsName(
                "all-close-at-once",
                closing.stream().map(ScriptedTarget::address).toArray(String[]::new));
        SETTINGS.groupAtItsName("one-on-status", x, good);
        SETTINGS.with("RETRY_ON_STATUS", "500");
        SETTINGS.groupAtItsName("all-on-status", x, y, z);
        SETTINGS.with("RETRY_ON_STATUS", "500");
        SETTINGS.groupAtItsName("all-of-four-on-status", x, y, z, target("v"));
        SETTINGS.with("RETRY_ON_STATUS", "500");
        SETTINGS.groupAtItsName("one-once", x, good);
        SETTINGS.with("RETRY_ATTEMPTS", "1");
        SETTINGS.groupAtItsName("all-of-four", x, y, z, target("w"));
        SETTINGS.groupAtItsName("all-ten-times", x, y, z);
        SETTINGS.with("RETRY_ATTEMPTS", "10");
        SETTINGS.groupAtItsName("all-with-a-queue", x, y, z);
        SETTINGS.with("RETRY_ATTEMPTS", "10");
        SETTINGS.with("MAX_CONCURRENT_REQUESTS_PER_TARGET", "1");
        SETTINGS.with("QUEUE_SIZE", "2");
        SETTINGS.with("QUEUE_TIMEOUT_MILLISECONDS", "60000");
        SETTINGS.groupAtItsName(
                "one-refuses-without-a-budget", opened(new Refusal()).address(), good);
        SETTINGS.with("RETRY_BUDGET_PERCENT", "0");
        SETTINGS.groupAtItsName("both-of-two", x, y);
        SETTINGS.with("RETRY_BUDGET_PERCENT", "0");
        SETTINGS.groupAtItsName("budget", x, y, z);
        SETTINGS.with("RETRY_BUDGET_PERCENT", "20");
        host = opened(new LauncherHost().start(SETTINGS.variables())).awaitReady("/ready");
    }

    @AfterAll
    static void stop() throws IOException {
        while (!OPEN.isEmpty()) {
            OPEN.pop().close();
        }
    }

    private static <T extends Closeable> T opened(T resource) {
        OPEN.push(resource);
        return resource;
    }

    private static String target(String name) throws IOException {
        return opened(ScriptedTarget.of(name, SCENES)).address();
    }

    private static Reply send(String method, String group, Scene scene, String body) throws IOException {
        try (Wire client = Wire.connect(host.port())) {
            client.sendHead(
                    method + " /" + group + " HTTP/1.1",
                    "Host: shop.example",
                    scene.field(),
                    body.isEmpty() ? "X-No: body" : "Content-Length: " + body.length());
            return client.send(body).readReplyTo(method);
        }
    }

    private static Reply send(String method, String group, Scene scene) throws IOException {
        return send(method, group, scene, bodyOf(method));
    }

    private static String bodyOf(String method) {
        return method.equals("GET") || method.equals("HEAD") ? "" : BODY;
    }

    private static List<Integer> threeTimes(String method, String group, Scene scene) throws IOException {
        List<Integer> statuses = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < 3; i++) {
            statuses.add(send(method, group, scene).status());
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(CONNECTION_TIMEOUT.multipliedBy(9).plus(AT_MOST));
        return statuses;
    }

    private static long at(Scene scene, String... targets) {
        return scene.targets().stream().filter(List.of(targets)::contains).count();
    }

    /**
     * One of the three requests of a row meets the faulty target. A retry advances the round robin, so that a second
     * one may meet it too.
     */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # fault                | method | statuses    | requests at the faulty target
            RESETS                 | GET    | 200 200 200 | 2
            RESETS                 | PUT    | 200 200 200 | 2
            RESETS                 | HEAD   | 200 200 200 | 2
            RESETS                 | DELETE | 200 200 200 | 2
            RESETS                 | OPTIONS| 200 200 200 | 2
            RESETS                 | POST   | 502 200 200 | 1
            RESETS                 | PATCH  | 502 200 200 | 1
            CLOSES                 | GET    | 200 200 200 | 2
            CLOSES                 | PUT    | 200 200 200 | 2
            CLOSES                 | POST   | 502 200 200 | 1
            SPEAKS_NO_HTTP         | GET    | 200 200 200 | 2
            SPEAKS_NO_HTTP         | POST   | 502 200 200 | 1
            CLOSES_INSIDE_ITS_HEAD | GET    | 200 200 200 | 2
            CLOSES_INSIDE_ITS_HEAD | PUT    | 200 200 200 | 2
            CLOSES_INSIDE_ITS_HEAD | POST   | 502 200 200 | 1
            IS_SILENT              | GET    | 200 200 200 | 2
            IS_SILENT              | PUT    | 200 200 200 | 2
            IS_SILENT              | POST   | 504 200 200 | 1
            ANSWERS_500            | GET    | 500 200 200 | 1
            ANSWERS_500            | POST   | 500 200 200 | 1
            IS_SLOW                | GET    | 200 200 200 | 1
            IS_SLOW                | POST   | 200 200 200 | 1
            """)
    void oneOfThreeIsFaulty(Fault fault, String method, String statuses, int faulty) throws IOException {
        Scene scene = SCENES.add(fault.at("x"));
        List<Integer> expected =
                List.of(statuses.split(" ")).stream().map(Integer::valueOf).toList();
        List<Integer> seen = threeTimes(method, "one", scene);
        Collections.rotate(seen, -seen.indexOf(expected.get(0))); // begins at whichever target's turn it is
        assertThat(seen).isEqualTo(expected);
        assertThat(at(scene, "x")).isBetween(1L, (long) faulty);
        assertThat(at(scene, "a", "b"))
                .as("a request that is answered was at one target that answers")
                .isEqualTo(expected.stream().filter(status -> status == 200).count()
                        - (fault == Fault.IS_SLOW ? at(scene, "x") : 0));
        assertThat(scene.texts()).allMatch(body -> body.equals(bodyOf(method)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # fault                | method | status | requests at the targets, of one
            RESETS                 | GET    | 502    | 3
            RESETS                 | PUT    | 502    | 3
            RESETS                 | POST   | 502    | 1
            CLOSES                 | GET    | 502    | 3
            CLOSES                 | POST   | 502    | 1
            SPEAKS_NO_HTTP         | GET    | 502    | 3
            SPEAKS_NO_HTTP         | POST   | 502    | 1
            CLOSES_INSIDE_ITS_HEAD | GET    | 502    | 3
            CLOSES_INSIDE_ITS_HEAD | POST   | 502    | 1
            IS_SILENT              | GET    | 504    | 3
            IS_SILENT              | POST   | 504    | 1
            ANSWERS_500            | GET    | 500    | 1
            ANSWERS_500            | POST   | 500    | 1
            IS_SLOW                | GET    | 200    | 1
            IS_SLOW                | POST   | 200    | 1
            """)
    void allThreeAreFaulty(Fault fault, String method, int status, int attempts) throws IOException {
        Scene scene = SCENES.add(fault.at(FAULTY));
        long start = System.nanoTime();
        assertThat(send(method, "all", scene).status()).isEqualTo(status);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(CONNECTION_TIMEOUT.multipliedBy(attempts).plus(AT_MOST));
        assertThat(scene.targets()).hasSize(attempts).doesNotHaveDuplicates();
        assertThat(scene.texts()).allMatch(body -> body.equals(bodyOf(method)));
    }

    /** If there are more targets than attempts, the attempts are the limit; if there are fewer, the targets are. */
    @ParameterizedTest
    @CsvSource({"all-of-four", "all-ten-times", "all-with-a-queue"})
    void threeTargetsAreTriedOnceEach(String group) throws IOException {
        Scene scene = SCENES.add(Fault.RESETS.at("w", "x", "y", "z"));
        long start = System.nanoTime();
        assertThat(send("GET", group, scene).status()).isEqualTo(502);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(AT_MOST);
        assertThat(scene.targets()).hasSize(3).doesNotHaveDuplicates();
    }

    @Test
    void eachOfTheTargetsThatCloseAtOnceIsTriedOnce() throws IOException {
        List<Integer> before = connections();
        assertThat(send("GET", "all-close-at-once", SCENES.add(Script.OK)).status())
                .isEqualTo(502);
        List<Integer> after = connections();
        for (int i = 0; i < closing.size(); i++) {
            assertThat(after.get(i) - before.get(i)).isEqualTo(1);
        }
    }

    private static List<Integer> connections() {
        return closing.stream().map(ScriptedTarget::acceptedConnections).toList();
    }

    /** Nothing was sent, so the method does not matter. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            one-refuses         | GET  | 200
            one-refuses         | POST | 200
            all-refuse          | GET  | 502
            all-refuse          | POST | 502
            one-is-a-black-hole | GET  | 200
            one-is-a-black-hole | POST | 200
            all-are-black-holes | GET  | 504
            all-are-black-holes | POST | 504
            one-closes-at-once  | GET  | 200
            all-close-at-once   | GET  | 502
            all-close-at-once   | POST | 502
            """)
    void targetsThatNoRequestReaches(String group, String method, int status) throws IOException {
        assumeTrue(
                blackHole.isFull() || !group.contains("black-hole"), "this system accepts more than its queue holds");
        Scene scene = SCENES.add(Script.OK);
        assertThat(threeTimes(method, group, scene)).containsOnly(status);
        assertThat(scene.targets()).hasSize(status == 200 ? 3 : 0);
        assertThat(scene.texts()).allMatch(body -> body.equals(bodyOf(method)));
    }

    /**
     * Whether the request had already been sent is a matter of chance. If it had, it must not reach a second target.
     */
    @Test
    void aPostToATargetThatClosesAtOnceIsAnsweredOrFails() throws IOException {
        Scene scene = SCENES.add(Script.OK);
        List<Integer> statuses = threeTimes("POST", "one-closes-at-once", scene);
        assertThat(statuses).allMatch(status -> status == 200 || status == 502);
        assertThat(scene.targets())
                .hasSize((int) statuses.stream().filter(status -> status == 200).count());
    }

    @ParameterizedTest
    @CsvSource({"GET, 200", "PUT, 200", "POST, 500"})
    void aStatusThatIsToBeTriedAgainIsTriedAtAnotherTarget(String method, int status) throws IOException {
        Scene scene = SCENES.add(Fault.ANSWERS_500.at("x"));
        List<Integer> statuses = threeTimes(method, "one-on-status", scene);
        assertThat(statuses).contains(status).doesNotContain(status == 200 ? 500 : 0);
        assertThat(at(scene, "x")).isPositive();
    }

    @Test
    void theLastAnswerIsPassedOnWhereAllAreToBeTriedAgain() throws IOException {
        Scene scene = SCENES.add(Fault.ANSWERS_500.at(FAULTY));
        Reply reply = send("GET", "all-on-status", scene);
        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.text()).isEqualTo("failed");
        assertThat(scene.targets()).containsExactlyInAnyOrder(FAULTY);
    }

    /** As with other failures: the attempts are the limit, though one more target would have answered. */
    @Test
    void threeOfFourAreTriedWhereTheirStatusIsToBeTriedAgain() throws IOException {
        Scene scene = SCENES.add(Fault.ANSWERS_500.at("v", "x", "y", "z"));
        assertThat(send("GET", "all-of-four-on-status", scene).status()).isEqualTo(500);
        assertThat(scene.targets()).hasSize(3).doesNotHaveDuplicates();
    }

    @Test
    void withOneAttemptNothingIsTriedAgain() throws IOException {
        Scene scene = SCENES.add(Fault.RESETS.at("x"));
        assertThat(threeTimes("GET", "one-once", scene)).containsExactlyInAnyOrder(502, 200, 200);
        assertThat(scene.targets()).hasSize(3);
    }

    /** 64 KiB are kept, however the client frames them, and not a byte more. */
    @ParameterizedTest
    @CsvSource({"65536, false, 200", "65537, false, 502", "65536, true, 200", "65537, true, 502"})
    void aBodyIsSentAgainIfItWasKept(int length, boolean chunked, int status) throws IOException {
        Scene scene = SCENES.add(Fault.RESETS.at("x"));
        String body = "b".repeat(length);
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            statuses.add((chunked ? putInChunks("one", scene, body) : send("PUT", "one", scene, body)).status());
        }
        if (status == 200) {
            assertThat(statuses).containsOnly(200);
        } else {
            assertThat(statuses).containsExactlyInAnyOrder(502, 200, 200);
        }
        assertThat(at(scene, "x")).isPositive();
        assertThat(scene.texts()).hasSameSizeAs(scene.targets()).allMatch(body::equals);
    }

    private static Reply putInChunks(String group, Scene scene, String body) throws IOException {
        try (Wire client = Wire.connect(host.port())) {
            client.sendHead(
                    "PUT /" + group + " HTTP/1.1", "Host: shop.example", scene.field(), "Transfer-Encoding: chunked");
            int half = body.length() / 2;
            client.sendChunk(body.substring(0, half))
                    .sendChunk(body.substring(half))
                    .sendLastChunk();
            return client.readReply();
        }
    }

    @Test
    void aBodyThatIsTooLargeToBeKeptIsNotSentAgain() throws IOException {
        Scene scene = SCENES.add(Fault.RESETS.at(FAULTY));
        assertThat(send("PUT", "all", scene, "b".repeat(100_000)).status()).isEqualTo(502);
        assertThat(scene.targets()).hasSize(1);
    }

    @Test
    void anAnswerThatHasBegunIsNotBegunAgain() throws IOException {
        Scene scene = SCENES.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Content-Length: 200000");
            exchange.sendFilling(100_000);
            exchange.reset();
        });
        assertThat(send("GET", "all", scene).whole()).isFalse();
        assertThat(scene.targets()).hasSize(1);
    }

    /** A group whose targets all fail must not get three times its load because of that. */
    @Test
    void retriesStayWithinTheirBudget() throws IOException {
        Scene scene = SCENES.add(Fault.RESETS.at(FAULTY));
        long requests = 400;
        long start = System.nanoTime();
        for (int i = 0; i < requests; i++) {
            assertThat(send("GET", "budget", scene).status()).isEqualTo(502);
        }
        long seconds = 1 + Duration.ofNanos(System.nanoTime() - start).toSeconds();
        long retries = scene.targets().size() - requests;
        assertThat(retries).isPositive().isLessThanOrEqualTo(requests / 5 + 3 * (10 + seconds));
    }

    /** More requests than the budget's floor, which would run out if they counted. */
    @Test
    void refusedConnectionsAreNotCountedAgainstTheBudget() throws IOException {
        Scene scene = SCENES.add(Script.OK);
        int requests = 300;
        for (int i = 0; i < requests; i++) {
            assertThat(send("POST", "one-refuses-without-a-budget", scene, "body")
                            .status())
                    .isEqualTo(200);
        }
        assertThat(scene.targets()).hasSize(requests);
    }

    /** Each request takes one of the 30 retries of the budget's floor: after the second target, none is left to try. */
    @Test
    void onlyWhatIsTriedAgainIsCountedAgainstTheBudget() throws IOException {
        Scene scene = SCENES.add(Fault.RESETS.at(FAULTY));
        int requests = 20;
        for (int i = 0; i < requests; i++) {
            assertThat(send("GET", "both-of-two", scene).status()).isEqualTo(502);
        }
        assertThat(scene.targets()).hasSize(2 * requests);
    }
}
