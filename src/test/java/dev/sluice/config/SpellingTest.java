package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpellingTest {

    @ParameterizedTest
    @CsvSource({
        "'', '', 0",
        "abc, '', 3",
        "abc, ABC, 0",
        "abc, abd, 1",
        "abc, ac, 1",
        "ac, abc, 1",
        "kitten, sitting, 3",
        "ab, ba, 2"
    })
    void distanceIsTheNumberOfEdits(String one, String other, int distance) {
        assertThat(Spelling.distance(one, other)).isEqualTo(distance);
        assertThat(Spelling.distance(other, one)).isEqualTo(distance);
    }

    @Test
    void theFirstOfTheNearestIsFound() {
        assertThat(Spelling.nearest("ac", List.of("xyz", "ab", "ad"))).isEqualTo("ab");
    }
}
