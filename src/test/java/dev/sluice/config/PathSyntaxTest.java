package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathSyntaxTest {

    @ParameterizedTest
    @CsvSource({
        "/, ''",
        "//, ''",
        "/api, /api",
        "/api/, /api",
        "/api/v1//, /api/v1",
        "/%41%7e/;v=1, /%41%7e/;v=1",
        "/.well-known, /.well-known",
        "/..., /...",
        "/a../..b, /a../..b",
    })
    void trailingSlashesAreDroppedAndTheRestStaysAsItIs(String path, String parsed) {
        assertThat(PathSyntax.parse(path)).isEqualTo(parsed);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "api      | must begin with a slash",
                "*        | must begin with a slash",
                "/a?b     | the character '?'",
                "/a#b     | the character '#'",
                "/a b     | the character ' '",
                "'/a\tb'  | the character '\t'",
                "/a\\b    | the character '\\'",
                "/ä       | the character 'ä'",
                "/\uD83D\uDE00 | the character '\uD83D\uDE00'",
                "/a%2     | % must be followed by two hexadecimal digits",
                "/a%zz    | % must be followed by two hexadecimal digits",
                "/.       | segments . and ..",
                "/../a    | segments . and ..",
                "/a/..    | segments . and ..",
                "/a/./b   | segments . and ..",
                "/%2e%2E/ | segments . and ..",
                "/a%2f..  | segments . and ..",
                "/a%5C../ | segments . and ..",
                "/..;v=1  | segments . and ..",
                "//a      | empty segments",
                "/a//b    | empty segments",
            })
    void whatReadersCouldReadDifferentlyIsRefused(String path, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PathSyntax.parse(path))
                .withMessageContaining(message);
    }
}
