package dev.sluice.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RulesTest {

    @ParameterizedTest
    @CsvSource({
        "/api, /api",
        "/api/, /api",
        "/api/x, /api",
        "/api//, /api",
        "/api/v1, /api/v1",
        "/api/v1/, /api/v1",
        "/api/v1/x/y, /api/v1",
        "/api/v1x, /api",
        "/api/x/v1, /api",
        "/other, /",
        "/, /",
        "//, /",
        "//api, /",
        "/apix, /",
        "/ap, /",
        "/API, /",
        "/api;v=1, /",
        "/api;v=1/x, /",
        "/api%2Fx, /",
        "/%61pi, /",
        "/api+x, /",
        "/api%20, /",
        "/api?x, /",
    })
    void longestPrefixOfWholeSegmentsMatchesTheRawPath(String path, String prefix) {
        assertThat(matched(path, "/", "/api/v1", "/api")).isEqualTo(prefix);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/apix", "/other/api", "//api", "/x/../api"})
    void whatIsBelowNoPrefixMatchesNothing(String path) {
        assertThat(Rules.of(rules("/api")).match(path)).isNull();
    }

    @Test
    void noRulesMatchNothing() {
        assertThat(Rules.of(List.of()).match("/")).isNull();
    }

    @Test
    void oneOfAThousandRulesMatches() {
        String[] prefixes =
                IntStream.range(0, 1000).mapToObj(i -> "/tenant/" + i).toArray(String[]::new);
        assertThat(matched("/tenant/777/x", prefixes)).isEqualTo("/tenant/777");
        assertThat(matched("/tenant/7/77", prefixes)).isEqualTo("/tenant/7");
    }

    @Test
    void rulesAreListedLongestPrefixFirst() {
        assertThat(Rules.of(rules("/b", "/", "/api/v1", "/a")).inMatchingOrder())
                .extracting(Rule::pathPrefix)
                .containsExactly("/api/v1", "/b", "/a", "/");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/x    | /api | the path does not begin with /api/v1",
                "/api/v1x  | /api | the path begins with /api/v1, but not with whole segments",
                "/api/v1/x | /api/v1 | the path is below /api/v1",
                "/api/../x | /api | the path does not begin with /api/v1", // has a match, though it is refused
            })
    void trialsExplainTheMatch(String path, String prefix, String reasonOfTheFirst) {
        List<Rules.Trial<String>> trials =
                Rules.of(rules("/", "/api/v1", "/api")).trials(path);
        assertThat(trials).extracting(trial -> trial.rule().pathPrefix()).containsExactly("/api/v1", "/api", "/");
        assertThat(trials)
                .filteredOn(Rules.Trial::matches)
                .extracting(trial -> trial.rule().pathPrefix())
                .containsExactly(prefix);
        assertThat(trials.get(0).reason()).isEqualTo(reasonOfTheFirst);
        assertThat(trials.get(2).reason()).isEqualTo("not tried: a rule before it has matched");
    }

    @Test
    void noTrialMatchesWhereNoRuleDoes() {
        List<Rules.Trial<String>> trials = Rules.of(rules("/api", "/ap")).trials("/apix");
        assertThat(trials).noneMatch(Rules.Trial::matches);
        assertThat(trials)
                .extracting(Rules.Trial::reason)
                .containsExactly(
                        "the path begins with /api, but not with whole segments",
                        "the path begins with /ap, but not with whole segments");
    }

    @Test
    void aTargetGroupOfTwoRulesIsThereOnce() {
        Rules<String> rules = Rules.of(
                List.of(new Rule<>("/", "", "web"), new Rule<>("/api", "", "api"), new Rule<>("/www", "", "web")));
        assertThat(rules.targetGroups()).containsExactlyInAnyOrder("web", "api");
    }

    @Test
    void twoRulesForOnePrefixAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rules.of(rules("/a", "/a")))
                .withMessageContaining("/a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/..",
                "/api/../x",
                "/api/../api/x",
                "/api/./../x",
                "/api/x/../../y",
                // merged slashes
                "/api//../x",
                "/api/x//../../y",
                // encoded dots
                "/api/%2e%2e/x",
                "/api/%2E./x",
                "/api/.%2e",
                "/api/%2e/../x",
                // encoded slashes and backslashes: slashes to some readers, part of the name to others
                "/api/..%2fx",
                "/api/..%2F",
                "/api/%2f../x",
                "/api/..%5cx",
                "/api/..%5Cx",
                "/api/..\\x",
                "/api/\\..",
                "/api/x%2f..%2f..%2fy",
                "/api/a%2fb/../../x",
                "/api/a%5cb%5cc%2f../../x",
                // parameters: cut off by some readers, part of the name to others
                "/api/..;/x",
                "/api/..;v=1/x",
                "/api/%2e%2e%3bx",
                "/api/..;x%2fy/z",
                "/api/;x/../y",
                "/api/;x%2fa/../y",
                "/api/.;x/../y",
                "/api/..;x/a/../../y",
            })
    void aPathThatSomeReaderTakesOutOfThePrefixIsRefused(String path) {
        assertRefused(Rules.of(rules("/api", "/")), path, "out of /api/");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/x/../y",
                "/api/x/..",
                "/api/x/y/../../z",
                "/api/./x",
                "/api/.",
                "/api/.x/..y/z..",
                "/api/...",
                "/api/.../..",
                "/api/..x/../y",
                "/api/x/%2e%2e/y",
                "/api/%2ex/../y",
                "/api/a%2Fb/../x",
                "/api/x;v=1/../y",
                "/api/x/;v=1/../y",
                "/api/a%2fb%2fc",
                "/api/x%2f..%2fy",
                "/api/%252e%252e/x",
                "/api/%20/+/~x!$&'()*,:@",
                "/api//x",
                "/api/x;../y",
                "/api/index.html",
                "/api/%C3%A4",
            })
    void aPathThatEveryReaderLeavesInsideThePrefixMatches(String path) {
        assertThat(matched(path, "/api", "/")).isEqualTo("/api");
    }

    @Test
    void thePrefixSlashIsLeftOnlyAboveTheRoot() {
        assertThat(matched("/x/../y", "/", "/api")).isEqualTo("/");
        assertThat(matched("/x/../api/y", "/", "/api")).isEqualTo("/");
        assertRefused(Rules.of(rules("/")), "/../x", "out of /");
        assertRefused(Rules.of(rules("/")), "/x/../../y", "out of /");
    }

    @ParameterizedTest
    @CsvSource({
        // prefix, rewrite, path, refused
        "/,    /a,   /a/../x,      true",
        "/,    /a,   /a/x/../y,    false",
        "/,    /a,   /b/../a/x,    false",
        "/,    /a,   /ab/../x,     false",
        "/a,   /a/b, /a/b/../x,    true",
        "/a,   /a/b, /a/c/../x,    false",
        "/a/b, /a,   /a/b/../x,    true",
        "/a/b, /a,   /a/b/x/../y,  false",
        "/a,   /c,   /a/../x,      true",
    })
    void noPathLeadsOutOfTheBasePathEither(String prefix, String rewrite, String path, boolean refused) {
        Rules<String> rules = Rules.of(List.of(new Rule<>(prefix, rewrite, "demo")));
        if (refused) {
            assertRefused(rules, path, "out of ");
        } else {
            assertThat(rules.match(path)).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%", "/%2", "/%zz", "/x%2g", "/%%20", "/api/%u002e", "/x/%2", "/%\uFF11\uFF11"})
    void aMalformedEscapeIsRefusedWhetherARuleMatchesOrNot(String path) {
        assertRefused(Rules.of(rules("/api", "/")), path, "malformed percent escape");
        assertRefused(Rules.of(rules("/nowhere")), path, "malformed percent escape");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "api", "http://host/api", "%2fapi", "\\api"})
    void aPathThatDoesNotBeginWithASlashIsRefused(String path) {
        assertRefused(Rules.of(rules("/")), path, "does not begin with a slash");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api#x", "/api/x y", "/api/\0", "/api/x\ty", "/api/\r\n", "/api/\u007f"})
    void aCharacterThatBelongsIntoNoPathIsRefused(String path) {
        assertRefused(Rules.of(rules("/api", "/")), path, "no path may have");
    }

    private static void assertRefused(Rules<String> rules, String path, String message) {
        assertThatExceptionOfType(AmbiguousPathException.class)
                .isThrownBy(() -> rules.match(path))
                .withMessageContaining(message)
                .satisfies(e -> assertThat(e.getStackTrace()).isEmpty());
    }

    private static String matched(String path, String... prefixes) {
        Rule<String> rule = Rules.of(rules(prefixes)).match(path);
        return rule == null ? "none" : rule.pathPrefix();
    }

    private static List<Rule<String>> rules(String... prefixes) {
        return Arrays.stream(prefixes)
                .map(prefix -> new Rule<>(prefix, "", "demo"))
                .toList();
    }
}
