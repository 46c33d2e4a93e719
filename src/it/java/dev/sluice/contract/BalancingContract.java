package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.Crowd.Guest;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.WaitingScript;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which target of a group a request gets, when it stays with one, and what happens if none has room. */
interface BalancingContract extends Contract {

    // ---- algorithms ----

    /** No other test uses this group, so it is known where the sequence begins. */
    @Test
    default void weightedIsSmoothAndExact() throws IOException {
        Scene scene = scene(Script.OK);
        for (int i = 0; i < 14; i++) {
            assertThat(get("/weighted", scene).status()).isEqualTo(200);
        }
        assertThat(String.join(" ", scene.targets())).isEqualTo("a a b a c a a a a b a c a a");
    }

    @Test
    default void aTargetOfNoWeightGetsNoNewRequests() throws IOException {
        Scene scene = scene(Script.OK);
        for (int i = 0; i < 6; i++) {
            assertThat(get("/retired", scene).status()).isEqualTo(200);
        }
        assertThat(scene.targets()).hasSize(6).containsOnly("a", "c");
    }

    @Test
    default void leastOutstandingRequestsGoesWhereNothingHangs() throws IOException {
        Scene held = scene(Script.OK);
        try (Crowd crowd = new Crowd(this, "/outstanding", held)) {
            for (int i = 1; i <= 3; i++) {
                crowd.beginUpload();
                crowd.atTarget(i);
            }
            assertThat(held.targets()).containsExactlyInAnyOrder("a", "b", "c");

            Guest released = crowd.atTarget(2);
            released.finish();
            assertThat(released.readReply().status()).isEqualTo(200);
            Scene scene = scene(Script.OK);
            for (int i = 0; i < 6; i++) {
                assertThat(get("/outstanding", scene).status()).isEqualTo(200);
            }
            assertThat(scene.targets()).hasSize(6).containsOnly(held.targets().get(1));
        }
    }

    /**
     * The slow target answers one request while the other one answers 100. That holds on a machine of any speed, if these
     * take less than CONNECTION_TIMEOUT; and no pause of a busy machine makes one request of the quick target as slow.
     */
    @Test
    default void leastResponseTimePrefersTheQuickTarget() throws IOException {
        WaitingScript waiting = new WaitingScript();
        Scene slow = scene(waiting);
        Scene meanwhile = scene(Script.OK);
        try (Wire client = connect()) {
            sendHead(client, "GET /quick-and-slow HTTP/1.1", slow);
            waiting.awaitRequest();
            for (int i = 0; i < 100; i++) {
                get("/quick-and-slow", meanwhile);
            }
            waiting.answer();
            assertThat(client.readReply().status()).isEqualTo(200);
        }
        assertThat(meanwhile.targets()).hasSize(100).doesNotContainAnyElementsOf(slow.targets());

        Scene afterwards = scene(Script.OK);
        for (int i = 0; i < 30; i++) {
            get("/quick-and-slow", afterwards);
        }
        assertThat(afterwards.targets().stream()
                        .filter(target -> !slow.targets().contains(target)))
                .as("of 30: %s", afterwards.targets())
                .hasSizeGreaterThan(25);
    }

    /** The fastest response often means that something is broken. */
    @Test
    default void leastResponseTimeIsNotDrawnToATargetThatFailsFast() throws IOException {
        Scene scene = scene(exchange ->
                exchange.answer(exchange.target().equals("a") ? "500 Internal Server Error" : "200 OK", "at once"));
        for (int i = 0; i < 60; i++) {
            get("/quick-and-failing", scene);
        }
        assertThat(scene.targets().stream().filter("a"::equals))
                .as("of 60: %s", scene.targets())
                .hasSizeLessThan(20);
    }

    // ---- sessions by a cookie of Sluice's own ----

    @Test
    default void aFirstAnswerSetsACookieThatOnlySluiceCanRead() throws IOException {
        String[] cookie = setCookie(get("/sticky", scene(Script.OK))).split("; ");
        assertThat(cookie[0]).matches("SLUICE-[0-9]+=[A-Za-z0-9._-]+");
        assertThat(Stream.of(cookie).skip(1))
                .containsExactlyInAnyOrder("Max-Age=86400", "Path=/", "HttpOnly", "SameSite=Lax");
    }

    @Test
    default void theTargetsOwnCookiesAreSetBesideSluices() throws IOException {
        Reply reply = get(
                "/sticky",
                scene(exchange ->
                        exchange.answer("200 OK", "ok", "Set-Cookie: theme=dark; Path=/", "Set-Cookie: SID=1")));
        assertThat(reply.fields("Set-Cookie"))
                .hasSize(3)
                .startsWith("theme=dark; Path=/", "SID=1")
                .element(2)
                .asString()
                .startsWith("SLUICE-");
    }

    @Test
    default void aSessionStaysAtItsTargetWhileOthersGoRound() throws IOException {
        Reply first = get("/sticky", scene(Script.OK));
        Scene session = scene(Script.OK);
        Scene others = scene(Script.OK);
        for (int i = 0; i < 6; i++) {
            Reply later = get("/sticky", session, "Cookie: " + cookie(first));
            assertThat(later.status()).isEqualTo(200);
            assertThat(later.fields("Set-Cookie")).isEmpty();
            get("/sticky", others);
        }
        assertThat(session.targets()).hasSize(6).containsOnly(first.field("Target"));
        assertThat(others.targets().subList(0, 3)).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(others.targets().subList(3, 6)).isEqualTo(others.targets().subList(0, 3));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            ignoreLeadingAndTrailingWhitespace = true,
            value = {
                "OURS                           |",
                "OURS;                          |",
                "OURS; OURS                     |",
                "OURS; a=1; b=2                 | a=1; b=2",
                "a=1; OURS; b=2                 | a=1; b=2",
                "a=1; b=2; OURS                 | a=1; b=2",
                "a=1; b=2; OURS;                | a=1; b=2;",
                "OURS;a=1                       | a=1",
                "a=1;OURS;b=2                   | a=1;b=2",
                "a=1;   OURS ;b=2               | a=1;b=2",
                "a=1 ;  b = 2;OURS;;  c         | a=1 ;  b = 2;;  c",
                "a=\"x y\", z; OURS; b=\"\"; =v | a=\"x y\", z; b=\"\"; =v",
                "a=SLUICE=1; OURS; b=%3B        | a=SLUICE=1; b=%3B",
                "sluice=1; OURS; XSLUICE=2      | sluice=1; XSLUICE=2",
                "SLUICEX=1; OURS; SLUICE        | SLUICEX=1; SLUICE"
            })
    default void everyCookieButSluicesReachesTheTargetAsItWas(String sent, String atTarget) throws IOException {
        Reply first = get("/sticky", scene(Script.OK));
        Scene scene = scene(Script.OK);
        Reply later = get("/sticky", scene, "Cookie: " + sent.replace("OURS", cookie(first)));
        assertThat(later.field("Target")).isEqualTo(first.field("Target"));
        assertThat(later.fields("Set-Cookie")).isEmpty();
        assertThat(scene.request().values("Cookie")).isEqualTo(atTarget == null ? List.of() : List.of(atTarget));
    }

    @Test
    default void everyCookieFieldKeepsWhatIsNotSluices() throws IOException {
        String ours = cookie(get("/sticky", scene(Script.OK)));
        Scene scene = scene(Script.OK);
        get("/sticky", scene, "Cookie: a=1; " + ours, "Cookie: " + ours, "Cookie: b=2");
        assertThat(scene.request().values("Cookie")).containsExactly("a=1", "b=2");
    }

    /**
     * FORGED is a cookie that Sluice has signed, with its last character changed; FOREIGN is one that it has signed for
     * another group.
     */
    @ParameterizedTest
    @ValueSource(strings = {"", "x", "..", "AAAAAAAAAAA.zzzzzz.AAAA", "-1.-1.-1", "\"x\"", "FORGED", "FOREIGN"})
    default void aCookieThatIsNotSluicesIsIgnoredAndReplaced(String value) throws IOException {
        String name = nameOf(cookie(get("/sticky", scene(Script.OK))));
        String sent = switch (value) {
            case "FORGED" -> forged(cookie(get("/sticky", scene(Script.OK))));
            case "FOREIGN" -> name + valueOf(cookie(get("/sticky-too", scene(Script.OK))));
            default -> name + value;
        };
        Scene scene = scene(Script.OK);
        Reply reply = get("/sticky", scene, "Cookie: " + sent);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(scene.request().values("Cookie")).isEmpty();
        Reply later = get("/sticky", scene(Script.OK), "Cookie: " + sent + "; " + cookie(reply));
        assertThat(later.field("Target")).isEqualTo(reply.field("Target"));
        assertThat(later.fields("Set-Cookie")).isEmpty();
    }

    /** With the equals sign. */
    private static String nameOf(String cookie) {
        return cookie.substring(0, cookie.indexOf('=') + 1);
    }

    private static String valueOf(String cookie) {
        return cookie.substring(cookie.indexOf('=') + 1);
    }

    private static String forged(String cookie) {
        int last = cookie.length() - 1;
        return cookie.substring(0, last) + (cookie.charAt(last) == 'A' ? 'B' : 'A');
    }

    @Test
    default void aSessionWhoseTargetRefusesGetsANewTargetAndANewCookie() throws IOException {
        Reply first = get("/sticky-mortal", scene(Script.OK));
        assertThat(first.field("Target")).isEqualTo("mortal");
        stage().mortal().close();

        Reply moved = get("/sticky-mortal", scene(Script.OK), "Cookie: " + cookie(first));
        assertThat(moved.status()).isEqualTo(200);
        assertThat(cookie(moved)).isNotEqualTo(cookie(first));
        Reply later = get("/sticky-mortal", scene(Script.OK), "Cookie: " + cookie(moved));
        assertThat(later.field("Target")).isEqualTo(moved.field("Target"));
        assertThat(later.fields("Set-Cookie")).isEmpty();
    }

    /** A browser sends the cookies of both groups to both. */
    @Test
    default void twoStickyGroupsDoNotDisturbEachOther() throws IOException {
        Reply one = get("/sticky", scene(Script.OK));
        Reply two = get("/sticky-too", scene(Script.OK));
        if (two.field("Target").equals(one.field("Target"))) {
            two = get("/sticky-too", scene(Script.OK)); // the next target in turn
        }
        assertThat(nameOf(cookie(two))).isNotEqualTo(nameOf(cookie(one)));
        Scene scene = scene(Script.OK);
        String both = "Cookie: " + cookie(one) + "; a=1; " + cookie(two);
        for (int i = 0; i < 3; i++) {
            assertThat(get("/sticky", scene, both).fields("Set-Cookie")).isEmpty();
            assertThat(get("/sticky-too", scene, both).fields("Set-Cookie")).isEmpty();
        }
        String targets = one.field("Target") + " " + two.field("Target");
        assertThat(String.join(" ", scene.targets())).isEqualTo(String.join(" ", targets, targets, targets));
        assertThat(scene.requests())
                .allSatisfy(head -> assertThat(head.values("Cookie")).containsExactly("a=1"));
    }

    private static String setCookie(Reply reply) {
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.fields("Set-Cookie")).hasSize(1);
        return reply.field("Set-Cookie");
    }

    /** The cookie as a browser sends it back. */
    private static String cookie(Reply reply) {
        return setCookie(reply).split(";", 2)[0];
    }

    // ---- sessions by the application's cookie ----

    @Test
    default void theApplicationsCookieIsFollowed() throws IOException {
        Scene login = scene(Script.OK);
        String id = "JSESSIONID=" + login.id();
        Reply first = get("/sticky-application", settingCookie(id));
        assertThat(setCookie(first)).isEqualTo(id + "; HttpOnly");
        assertStaysAt(first.field("Target"), id);

        Reply renewed = get("/sticky-application", settingCookie(id + "-renewed"), "Cookie: " + id);
        assertThat(renewed.field("Target")).isEqualTo(first.field("Target"));
        assertStaysAt(first.field("Target"), id + "-renewed");
    }

    /** As after a restart of Sluice: the application still knows the session. */
    @Test
    default void anApplicationsCookieThatIsNotKnownStaysWhereItIsServed() throws IOException {
        Scene scene = scene(Script.OK);
        String id = "JSESSIONID=" + scene.id();
        assertStaysAt(get("/sticky-application", scene, "Cookie: " + id).field("Target"), id);
    }

    private Scene settingCookie(String cookie) {
        return scene(exchange -> exchange.answer("200 OK", "ok", "Set-Cookie: " + cookie + "; HttpOnly"));
    }

    private void assertStaysAt(String target, String cookie) throws IOException {
        Scene scene = scene(Script.OK);
        for (int i = 0; i < 4; i++) {
            Reply reply = get("/sticky-application", scene, "Cookie: a=1;" + cookie);
            assertThat(reply.fields("Set-Cookie")).isEmpty();
            get("/sticky-application", scene(Script.OK)); // other requests go round meanwhile
        }
        assertThat(scene.targets()).hasSize(4).containsOnly(target);
        assertThat(scene.requests())
                .allSatisfy(head -> assertThat(head.values("Cookie")).containsExactly("a=1;" + cookie));
    }

    // ---- limits ----

    @Test
    default void whileATargetIsFullTheOthersServeAndWhenAllAreNobodyWaitsWithoutAQueue() throws IOException {
        Scene scene = scene(Script.OK);
        try (Crowd crowd = new Crowd(this, "/one-each", scene)) {
            crowd.beginUpload();
            Guest holder = crowd.atTarget(1);
            for (int i = 2; i <= 4; i++) {
                assertThat(crowd.get().readReply().status()).isEqualTo(200);
            }
            assertThat(scene.targets().subList(1, 4))
                    .doesNotContain(scene.targets().get(0));

            crowd.beginUpload();
            crowd.atTarget(5);
            assertFull(crowd.get(), "one-each");
            holder.finish();
            assertThat(holder.readReply().status()).isEqualTo(200);
            assertThat(crowd.get().readReply().status()).isEqualTo(200);
        }
    }

    @Test
    default void requestsOverTheLimitWaitAndOverTheQueueAreRefusedAtOnce() throws IOException {
        Scene scene = scene(Script.OK);
        try (Crowd crowd = new Crowd(this, "/queue", scene)) {
            Guest holder = crowd.beginUpload();
            crowd.atTarget(1);
            List<Guest> waiting = allButOneThatIsRefused(crowd.get(), crowd.get(), crowd.get());
            assertThat(scene.requests()).hasSize(1);
            holder.finish();
            assertThat(holder.readReply().status()).isEqualTo(200);
            for (Guest guest : waiting) {
                assertThat(guest.readReply().text()).isEqualTo("ok");
            }
        }
    }

    @Test
    default void requestsThatWaitAreServedInTheOrderTheyCame() throws IOException {
        try (Crowd crowd = new Crowd(this, "/queue", scene(Script.OK))) {
            Guest served = crowd.beginUpload();
            crowd.atTarget(1);
            List<Guest> waiting = allButOneThatIsRefused(crowd.beginUpload(), crowd.beginUpload(), crowd.beginUpload());
            served.finish();
            served = crowd.atTarget(2); // which of the two came first is unknown
            waiting.remove(served);
            Guest first = waiting.get(0);
            for (int i = 3; i <= 7; i++) {
                Guest last = allButOneThatIsRefused(crowd.beginUpload(), crowd.beginUpload())
                        .get(0);
                served.finish();
                assertThat(served.readReply().status()).isEqualTo(200);
                served = crowd.atTarget(i);
                assertThat(served).isEqualTo(first);
                first = last;
            }
            served.finish();
            first.finish();
            assertThat(first.readReply().status()).isEqualTo(200);
        }
    }

    @Test
    default void whoWaitsForTooLongIsRefused() throws IOException {
        Scene scene = scene(Script.OK);
        try (Crowd crowd = new Crowd(this, "/short-queue", scene)) {
            Guest holder = crowd.beginUpload();
            crowd.atTarget(1);
            Guest download = crowd.get();
            assertFull(download, "short-queue");
            assertFull(crowd.beginUpload(), "short-queue");
            holder.finish();
            assertThat(holder.readReply().status()).isEqualTo(200);
            assertThat(crowd.get().readReply().status()).isEqualTo(200);
        }
        assertThat(scene.requests()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "bo"})
    default void anUploadWhoseClientLeavesWhileItWaitsLeavesTheQueue(String sent) throws IOException {
        Scene scene = scene(Script.OK);
        try (Crowd crowd = new Crowd(this, "/queue", scene)) {
            Guest holder = crowd.beginUpload();
            crowd.atTarget(1);
            List<Guest> waiting = allButOneThatIsRefused(crowd.beginUpload(), crowd.beginUpload(), crowd.beginUpload());
            for (Guest guest : waiting) {
                guest.wire().send(sent).close();
                stage().host().awaitLogLine("POST " + guest.path(), "400", "queue");
            }
            List<Guest> others = allButOneThatIsRefused(crowd.get(), crowd.get(), crowd.get());
            holder.finish();
            assertThat(holder.readReply().status()).isEqualTo(200);
            for (Guest guest : others) {
                assertThat(guest.readReply().status()).isEqualTo(200);
            }
        }
        await().until(() -> scene.inProgress() == 0);
        assertThat(scene.requests()).hasSize(3);
        assertThat(scene.failures()).isEmpty();
    }

    private List<Guest> allButOneThatIsRefused(Guest... guests) throws IOException {
        List<Guest> others = new ArrayList<>(List.of(guests));
        Guest refused = Crowd.firstAnswered(others);
        assertFull(refused, "queue");
        others.remove(refused);
        return others;
    }

    private void assertFull(Guest guest, String group) throws IOException {
        Reply reply = guest.readReply();
        assertOwnResponse(reply, 503);
        assertThat(reply.field("Retry-After")).matches("[1-9][0-9]*");
        if (!reply.field("Connection").equals("close")) { // Tomcat closes after a 503
            guest.finish();
            assertThat(ask(guest.wire(), "GET /other HTTP/1.1", scene(Script.OK))
                            .status())
                    .isEqualTo(200);
        }
        stage().host().awaitLogLine(guest.path(), "503", group);
    }
}
