package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProblemTest {

    @Test
    void isOneLineWithoutControlCharacters() {
        Problem problem = new Problem("A", "b\nc\u0085d", "e\u001bf\u009bg\u007f");
        assertThat(problem.toString()).isEqualTo("A=b?c?d: e?f?g?");
    }

    @ParameterizedTest
    @CsvSource({
        "http://user:PASSWORD@h:80/v1,    http://(hidden)@h:80/v1",
        "https://PASSWORD@h,              https://(hidden)@h",
        "user:PASSWORD@h:80,              (hidden)@h:80",
        "user:PASS/WORD@@h:80 weight=5,   (hidden)@h:80 weight=5",
        "/health?of=http://u:PASSWORD@h,  /health?of=http://(hidden)@h",
        "http://n@h:80,                   http://(hidden)@h:80",
        "http://@h:80,                    http://@h:80",
        "user@h:80,                       user@h:80",
        "/a:b@c,                          /a:b@c",
        "h:80/a,                          h:80/a",
    })
    void showsOfAUriWithAPasswordTheRest(String value, String shown) {
        Problem problem = new Problem("A", value, "not " + value);
        assertThat(problem.value()).isEqualTo(shown);
        assertThat(problem.message()).isEqualTo("not " + shown);
    }
}
