package dev.sluice.observe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentifiersTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
                "cc-12345678901234567890123456789012-1234567890123456-01",
                "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
            })
    void aTraceparentOfAnyVersionIsWellFormed(String value) {
        assertThat(Identifiers.isTraceparent(value)).isTrue();
    }

    /** As in the test suite of the W3C for trace contexts. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
                "00-4bf92f3577b34da6a3ce929d0e0e473.-00f067aa0ba902b7-01",
                "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
                "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "cc-12345678901234567890123456789012-1234567890123456-01.more",
            })
    void whatIsMalformedIsNoTraceparent(String value) {
        assertThat(Identifiers.isTraceparent(value)).isFalse();
    }

    /** A client could fill the log with it. */
    @Test
    void aTraceparentOfALaterVersionIsNotEndlesslyLong() {
        String begin = "cc-12345678901234567890123456789012-1234567890123456-01-";
        assertThat(Identifiers.isTraceparent(begin + "a".repeat(256 - begin.length())))
                .isTrue();
        assertThat(Identifiers.isTraceparent(begin + "a".repeat(257 - begin.length())))
                .isFalse();
    }

    @Test
    void whatIsMadeIsWellFormedAndNew() {
        assertThat(Identifiers.newTraceparent())
                .matches(Identifiers::isTraceparent)
                .endsWith("-01")
                .isNotEqualTo(Identifiers.newTraceparent());
        assertThat(Identifiers.newRequestId())
                .matches("[0-9a-f]{32}")
                .matches(Identifiers::isSoundRequestId)
                .isNotEqualTo(Identifiers.newRequestId());
    }

    @Test
    void aRequestIdIsShortAndPlain() {
        assertThat("x".repeat(128)).matches(Identifiers::isSoundRequestId);
        assertThat("a-B_9.:/+=@~").matches(Identifiers::isSoundRequestId);
        assertThat("x".repeat(129)).doesNotMatch(Identifiers::isSoundRequestId);
        for (String value : new String[] {"", " ", "a b", "a,b", "a\"b", "a;b", "<a>", "a\u00e4"}) {
            assertThat(Identifiers.isSoundRequestId(value)).as(value).isFalse();
        }
    }
}
