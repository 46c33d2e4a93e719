package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AcceptTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html",
                "TEXT/HTML",
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "text/html;q=0.5, */*;q=0.1",
                "application/json;q=0.8, text/html ; level=1 ; q=0.9",
                "*/*, application/json;q=0.5",
                "text/*"
            })
    void whoNamesAPageGetsOne(String accept) {
        assertThat(Accept.prefersHtml(accept)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*/*",
                "application/json",
                "application/json, text/html",
                "application/json, text/html;q=0.9",
                "text/html;q=0, */*",
                "text/html;q=much",
                "text/plain",
                ",;,;q=1"
            })
    void othersGetJson(String accept) {
        assertThat(Accept.prefersHtml(accept)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "Application/JSON;q=0.1",
                "application/json, text/plain, */*",
                "text/plain;q=0.5, application/json;q=0.8"
            })
    void whoNamesJsonGetsItInPlaceOfText(String accept) {
        assertThat(Accept.prefersToText(accept, Answer.JSON)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*/*",
                "application/*",
                "application/json;q=0",
                "application/json;q=0.5, text/plain",
                "application/jsonx",
                "text/html,application/xml;q=0.9,*/*;q=0.8"
            })
    void othersGetText(String accept) {
        assertThat(Accept.prefersToText(accept, Answer.JSON)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1 | true",
                "text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.4 | false",
                "text/plain, application/openmetrics-text;q=0 | false",
            })
    void whoNamesAFormatSaysHowMuchItIsWanted(String accept, boolean wanted) {
        assertThat(Accept.prefersToText(accept, "application/openmetrics-text")).isEqualTo(wanted);
    }
}
