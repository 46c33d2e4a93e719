package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminPathTest {

    private final AdminPath path = new AdminPath("/-/sluice");

    @ParameterizedTest
    @CsvSource({"/-/sluice,''", "/-/sluice/,/", "/-/sluice/live,/live", "/-/sluice/a%2Fb;c,/a%2Fb;c"})
    void itIsServedAsItIsConfigured(String rawPath, String rest) {
        assertThat(path.rest(rawPath)).isEqualTo(rest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//-/sluice",
                "/-//sluice/live",
                "/-/./sluice",
                "/-/x/../sluice",
                "/x/../-/sluice/",
                "/../-/sluice",
                "/x//../-/sluice",
                "/%2d/sluice",
                "/%2D/sluice",
                "/%252d/sluice",
                "/%25252d/sluice",
                "/%2%64/sluice",
                "/-%2Fsluice",
                "/-%2fsluice/live",
                "/-%5csluice",
                "/-\\sluice",
                "/-;x/sluice",
                "/-/sluice;x",
                "/-/sluice;x/live",
                "/-/sluice%3bx",
                "/-/%2e/sluice",
                "/x/%2e%2E/-/sluice",
                "/x/..;y/-/sluice",
                "/-/sluice%2f"
            })
    void anotherSpellingIsAPathLikeAnyOther(String rawPath) {
        assertThat(path.rest(rawPath)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "",
                "*",
                "/-",
                "/-/",
                "/-/sluices",
                "/-/sluic%",
                "/-/sluice%",
                "/-/sluic%6",
                "/-/sluice%20",
                "/x/-/sluice",
                "/-/slu;ice",
                "/-/sluice.",
                "/-/x/sluice",
                "/api/%2e%2e/x",
                "/-/SLUICE"
            })
    void anotherPathIsNobodysBusiness(String rawPath) {
        assertThat(path.rest(rawPath)).isNull();
    }

    @Test
    void whatLeadsOutOfItAgainIsNotForwarded() {
        assertThat(path.rest("/-/sluice/../../api")).isEqualTo("/../../api");
    }

    /** A CONNECT over HTTP/2 may have no path. */
    @Test
    void noPathIsNotItsPath() {
        assertThat(path.rest(null)).isNull();
    }
}
