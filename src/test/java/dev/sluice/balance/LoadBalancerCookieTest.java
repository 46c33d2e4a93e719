package dev.sluice.balance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoadBalancerCookieTest {

    private static final String SECRET = "0123456789abcdef";
    private static final String TARGET = "a.example:80/v1 192.0.2.1";
    private static final String OTHER = "a.example:80/v1 192.0.2.2";
    private static final int SECONDS = 100;

    private final LoadBalancerCookie stickiness = stickiness("SLUICE", "group", SECRET);
    private Instant now = Instant.ofEpochSecond(1_700_000_000);

    @Test
    void aSessionGoesWhereItsFirstRequestWasAnswered() {
        assertThat(session().targetId()).isNull();
        assertThat(session(cookie(TARGET)).targetId()).isEqualTo(stickiness.idOf(TARGET));
        assertThat(session(cookie(OTHER)).targetId()).isEqualTo(stickiness.idOf(OTHER));
    }

    @Test
    void itStandsAmongTheCookiesOfOthers() {
        String cookie = cookie(TARGET);
        assertThat(session("a=1; b=2", "c=3; " + cookie + "; d=4").targetId()).isEqualTo(stickiness.idOf(TARGET));
        assertThat(session("SLUICE=old; SLUICE=; " + cookie).targetId()).isEqualTo(stickiness.idOf(TARGET));
    }

    @Test
    void itIsTheFourthValueAtMost() {
        String cookie = cookie(TARGET);
        assertThat(session("SLUICE=a.b.c; ".repeat(3) + cookie).targetId()).isEqualTo(stickiness.idOf(TARGET));
        assertThat(session("SLUICE=a.b.c; ".repeat(4) + cookie).targetId()).isNull();
    }

    @Test
    void anInstanceWithTheSameSecretHonoursIt() {
        LoadBalancerCookie replica = stickiness("SLUICE", "group", SECRET);
        assertThat(replica.idOf(TARGET)).isEqualTo(stickiness.idOf(TARGET));
        assertThat(targetId(replica, cookie(TARGET))).isEqualTo(replica.idOf(TARGET));
    }

    @ParameterizedTest
    @CsvSource({
        "SLUICE, group, another-secret!!",
        "SLUICE, other, 0123456789abcdef",
        "SLUICE, '', 0123456789abcdef",
        "SLUICE-2, group, 0123456789abcdef",
    })
    void anotherSecretGroupOrNameIgnoresIt(String name, String group, String secret) {
        assertThat(targetId(stickiness(name, group, secret), cookie(TARGET))).isNull();
    }

    @Test
    void everyChangeOfACharacterIsAForgery() {
        String cookie = cookie(TARGET);
        for (int i = "SLUICE=".length(); i < cookie.length(); i++) {
            char forged = cookie.charAt(i) == 'A' ? 'B' : 'A';
            assertThat(session(cookie.substring(0, i) + forged + cookie.substring(i + 1))
                            .targetId())
                    .as("character %d", i)
                    .isNull();
        }
    }

    @Test
    void aTruncatedOrLongerCookieIsIgnored() {
        String cookie = cookie(TARGET);
        for (int length = 0; length < cookie.length(); length++) {
            assertThat(session(cookie.substring(0, length)).targetId())
                    .as("length %d", length)
                    .isNull();
        }
        for (String end : List.of("=", ".", "A", ".A")) {
            assertThat(session(cookie + end).targetId()).as(end).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "...", "a.b", "a.b.", ".b.c", "a..c", "\u00e9.\u00e9.\u00e9", "a.b.c.d"})
    void whatSluiceNeverWroteIsIgnored(String value) {
        assertThat(session("SLUICE=" + value).targetId()).isNull();
    }

    /** Ids and signatures are made with the same secret: an id must not reveal the beginning of a signature. */
    @Test
    void anIdIsNoSignature() {
        String value = cookie(TARGET).substring("SLUICE=".length());
        int dot = value.lastIndexOf('.');
        String id = stickiness.idOf(value.substring(0, dot));
        assertThat(value.substring(dot + 1)).doesNotStartWith(id.substring(0, id.length() - 1));
    }

    @ParameterizedTest
    @CsvSource({"0, true", "99, true", "100, false", "1000000, false"})
    void itIsGoodForItsDuration(int age, boolean good) {
        String cookie = cookie(TARGET);
        now = now.plusSeconds(age);
        assertThat(session(cookie).targetId()).isEqualTo(good ? stickiness.idOf(TARGET) : null);
    }

    @ParameterizedTest
    @CsvSource({"0, false", "49, false", "50, true", "99, true", "100, true"})
    void itIsRenewedAfterHalfOfItsTime(int age, boolean renewed) {
        String cookie = cookie(TARGET);
        now = now.plusSeconds(age);
        String setCookie = session(cookie).answeredBy(stickiness.idOf(TARGET), List.of(), false);
        assertThat(setCookie != null).isEqualTo(renewed);
    }

    @Test
    void oneThatWouldLastLongerThanIsConfiguredNowIsRenewed() {
        LoadBalancerCookie longer = stickiness("SLUICE", "group", SECRET, 2 * SECONDS);
        String cookie =
                pair(longer.session(Collections.emptyEnumeration()).answeredBy(longer.idOf(TARGET), List.of(), false));
        assertThat(session(cookie).answeredBy(stickiness.idOf(TARGET), List.of(), false))
                .contains("Max-Age=" + SECONDS);
    }

    @Test
    void aSessionInUseStaysForEver() {
        String cookie = cookie(TARGET);
        for (int request = 0; request < 100; request++) {
            now = now.plusSeconds(30);
            Stickiness.Session session = session(cookie);
            assertThat(session.targetId()).isEqualTo(stickiness.idOf(TARGET));
            String setCookie = session.answeredBy(stickiness.idOf(TARGET), List.of(), false);
            cookie = setCookie == null ? cookie : pair(setCookie);
        }
    }

    @Test
    void aSessionMovesToTheTargetThatAnsweredInstead() {
        String setCookie = session(cookie(TARGET)).answeredBy(stickiness.idOf(OTHER), List.of(), false);
        assertThat(session(pair(setCookie)).targetId()).isEqualTo(stickiness.idOf(OTHER));
    }

    @ParameterizedTest
    @CsvSource({"false, ''", "true, ; Secure"})
    void theFieldKeepsTheCookieFromScriptsAndOtherSites(boolean secure, String end) {
        assertThat(session().answeredBy(stickiness.idOf(TARGET), List.of("a=1"), secure))
                .matches("SLUICE=[A-Za-z0-9_-]+\\.[0-9a-z]+\\.[A-Za-z0-9_-]{43}"
                        + "; Max-Age=100; Path=/; HttpOnly; SameSite=Lax" + end);
    }

    /** Whoever reads the cookie must not learn where the targets are, not even by trial. */
    @Test
    void theIdTellsNothingOfTheTarget() {
        assertThat(stickiness.idOf(TARGET))
                .matches("[A-Za-z0-9_-]{11}")
                .doesNotContain("192", "example")
                .isNotEqualTo(stickiness.idOf(OTHER))
                .isNotEqualTo(stickiness("SLUICE", "other", SECRET).idOf(TARGET))
                .isNotEqualTo(stickiness("SLUICE", "group", "another-secret!!").idOf(TARGET));
    }

    private LoadBalancerCookie stickiness(String name, String group, String secret) {
        return stickiness(name, group, secret, SECONDS);
    }

    private LoadBalancerCookie stickiness(String name, String group, String secret, int seconds) {
        return new LoadBalancerCookie(name, group, secret.getBytes(UTF_8), Duration.ofSeconds(seconds), () -> now);
    }

    private Stickiness.Session session(String... cookieFields) {
        return stickiness.session(Collections.enumeration(List.of(cookieFields)));
    }

    private static @Nullable String targetId(Stickiness stickiness, String cookieField) {
        return stickiness.session(Collections.enumeration(List.of(cookieField))).targetId();
    }

    /** The cookie that a client sends after a response of the target. */
    private String cookie(String target) {
        return pair(session().answeredBy(stickiness.idOf(target), List.of(), false));
    }

    private static String pair(@Nullable String setCookieField) {
        return Objects.requireNonNull(setCookieField).split(";", 2)[0];
    }
}
