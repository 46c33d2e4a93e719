package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProblemTest {

    @Test
    void isOneLineWithoutControlCharacters() {
        Problem problem = new Problem("A", "b\nc\u0085d", "e\u001bf\u009bg\u007f");
        assertThat(problem.toString()).isEqualTo("A=b?c?d: e?f?g?");
    }
}
