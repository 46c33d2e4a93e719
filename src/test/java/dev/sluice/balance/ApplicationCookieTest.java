package dev.sluice.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApplicationCookieTest {

    private static final int SECONDS = 100;

    private Instant now = Instant.ofEpochSecond(1_700_000_000);
    private final ApplicationCookie stickiness =
            new ApplicationCookie("JSESSIONID", Duration.ofSeconds(SECONDS), () -> now);

    @Test
    void theTargetThatSetsTheCookieKeepsTheSession() {
        answer("a", List.of("lang=en", "JSESSIONID=1; Path=/; HttpOnly"));
        assertThat(targetId("JSESSIONID=1")).isEqualTo("a");
        assertThat(targetId("x=0; JSESSIONID=1; y=0")).isEqualTo("a");
    }

    /** As after a restart of Sluice, or if another replica passed on the response that set the cookie. */
    @Test
    void theTargetThatAnswersAnUnknownCookieKeepsTheSession() {
        assertThat(targetId("JSESSIONID=1")).isNull();
        answer("a", List.of(), "JSESSIONID=1");
        assertThat(targetId("JSESSIONID=1")).isEqualTo("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"JSESSIONID=2", "jsessionid=1", "JSESSIONID", "JSESSIONID=", "OTHER=1", ""})
    void nothingElseIsThatSession(String cookieField) {
        answer("a", List.of("JSESSIONID=1"));
        assertThat(targetId(cookieField)).isNull();
    }

    @Test
    void aRequestWithoutTheCookieIsOfNoSession() {
        answer("a", List.of("OTHER=1"));
        assertThat(session().targetId()).isNull();
        assertThat(targetId("OTHER=1")).isNull();
    }

    /** All clients whose cookie was cleared may send the same empty value: they are not one session. */
    @Test
    void anEmptyValueIsNoSession() {
        answer("a", List.of("JSESSIONID=; Max-Age=0"));
        answer("a", List.of(), "JSESSIONID=");
        assertThat(targetId("JSESSIONID=")).isNull();
    }

    @Test
    void aSessionMovesToTheTargetThatAnsweredInstead() {
        answer("a", List.of("JSESSIONID=1"));
        answer("b", List.of(), "JSESSIONID=1");
        assertThat(targetId("JSESSIONID=1")).isEqualTo("b");
    }

    @Test
    void aNewValueBelongsToTheTargetThatSetsIt() {
        answer("a", List.of("JSESSIONID=1"));
        answer("b", List.of("JSESSIONID=2"), "JSESSIONID=1");
        assertThat(targetId("JSESSIONID=2")).isEqualTo("b");
    }

    @ParameterizedTest
    @CsvSource({"JSESSIONID=0; JSESSIONID=1", "JSESSIONID=1; JSESSIONID=0", "JSESSIONID=; JSESSIONID=1"})
    void ofSeveralCookiesTheOneThatIsKnownCounts(String cookieField) {
        answer("a", List.of("JSESSIONID=1"));
        assertThat(targetId(cookieField)).isEqualTo("a");
    }

    @Test
    void theApplicationsCookieIsAllThatTheClientGets() {
        assertThat(session().answeredBy("a", List.of("JSESSIONID=1"), true)).isNull();
        assertThat(session("JSESSIONID=2").answeredBy("a", List.of(), true)).isNull();
        assertThat(session("JSESSIONID=2").answeredBy("b", List.of(), true)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"0, true", "99, true", "100, false", "1000000, false"})
    void aSessionIsForgottenAfterTheDuration(int age, boolean known) {
        answer("a", List.of("JSESSIONID=1"));
        now = now.plusSeconds(age);
        assertThat(targetId("JSESSIONID=1")).isEqualTo(known ? "a" : null);
    }

    @Test
    void aForgottenSessionIsLearntAnew() {
        answer("a", List.of("JSESSIONID=1"));
        now = now.plusSeconds(SECONDS + 1);
        answer("a", List.of(), "JSESSIONID=1");
        assertThat(targetId("JSESSIONID=1")).isEqualTo("a");
    }

    @Test
    void aSessionInUseStaysForEver() {
        answer("a", List.of("JSESSIONID=1"));
        for (int request = 0; request < 10; request++) {
            now = now.plusSeconds(SECONDS - 1);
            assertThat(targetId("JSESSIONID=1")).isEqualTo("a");
        }
    }

    @Test
    void theLeastRecentlySeenSessionMakesRoomForANewOne() {
        for (int session = 0; session < ApplicationCookie.SESSIONS; session++) {
            answer("a", List.of("JSESSIONID=" + session));
        }
        assertThat(targetId("JSESSIONID=0")).isEqualTo("a");

        answer("a", List.of("JSESSIONID=new"));

        assertThat(targetId("JSESSIONID=1")).isNull();
        assertThat(targetId("JSESSIONID=0")).isEqualTo("a");
        assertThat(targetId("JSESSIONID=2")).isEqualTo("a");
        assertThat(targetId("JSESSIONID=new")).isEqualTo("a");
    }

    /** A flood of made-up cookies that no target has answered must not evict the sessions. */
    @Test
    void whatWasNotAnsweredTakesNoRoom() {
        answer("a", List.of("JSESSIONID=1"));
        for (int session = 0; session < ApplicationCookie.SESSIONS; session++) {
            assertThat(targetId("JSESSIONID=made-up-" + session)).isNull();
        }
        assertThat(targetId("JSESSIONID=1")).isEqualTo("a");
    }

    /** Each costs a digest, and a head has room for thousands. */
    @Test
    void onlyTheFirstFewValuesCount() {
        answer("a", List.of("JSESSIONID=1"));
        assertThat(targetId("JSESSIONID=x;".repeat(3) + "JSESSIONID=1")).isEqualTo("a");
        assertThat(targetId("JSESSIONID=x;".repeat(4) + "JSESSIONID=1")).isNull();
    }

    @Test
    void aTargetsIdIsItself() {
        assertThat(stickiness.idOf("a.example:80 192.0.2.1")).isEqualTo("a.example:80 192.0.2.1");
    }

    @Test
    void anotherDurationKeepsTheSessions() {
        answer("a", List.of("JSESSIONID=1"));
        ApplicationCookie next = stickiness.succeededBy("JSESSIONID", Duration.ofSeconds(2 * SECONDS));
        now = now.plusSeconds(SECONDS);
        assertThat(targetId(next, "JSESSIONID=1")).isEqualTo("a");
    }

    @Test
    void anotherCookieIsOfOtherSessions() {
        answer("a", List.of("JSESSIONID=1"));
        ApplicationCookie next = stickiness.succeededBy("SID", Duration.ofSeconds(SECONDS));
        assertThat(targetId(next, "SID=1")).isNull();
    }

    private Stickiness.Session session(String... cookieFields) {
        return stickiness.session(Collections.enumeration(List.of(cookieFields)));
    }

    private @Nullable String targetId(String cookieField) {
        return session(cookieField).targetId();
    }

    private void answer(String targetId, List<String> setCookieFields, String... cookieFields) {
        session(cookieFields).answeredBy(targetId, setCookieFields, false);
    }

    private static @Nullable String targetId(Stickiness stickiness, String cookieField) {
        return stickiness.session(Collections.enumeration(List.of(cookieField))).targetId();
    }
}
