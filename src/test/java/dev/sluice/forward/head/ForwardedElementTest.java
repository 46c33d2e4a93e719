package dev.sluice.forward.head;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardedElementTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "192.0.2.1     | 192.0.2.1",
                "shop.example  | shop.example",
                "!#$%&'*+-.^_~ | !#$%&'*+-.^_~",
                "shop:80       | \"shop:80\"",
                "[::1]         | \"[::1]\"",
                "a b           | \"a b\"",
                "a;proto=https | \"a;proto=https\"",
                "a,for=b       | \"a,for=b\"",
                "\"            | \"\\\"\"",
                "a\\           | \"a\\\\\"",
                "\\\"          | \"\\\\\\\"\"",
                "``            | \"\"",
            })
    void aValueIsATokenOrAQuotedString(String text, String value) {
        assertThat(ForwardedElement.value(text)).isEqualTo(value);
        assertThat(ForwardedElement.hasClosedQuotes(value)).isTrue();
        assertThat(ForwardedElement.parameter("for=x;host=" + value + ";by=y, host=z", "Host"))
                .isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "proto=https            | https",
                "PROTO = https ; by=x   | https",
                "for=a;proto=https      | https",
                "for=a,proto=https      | -",
                "proto=https,for=b      | https",
                "for=\"a,b\";proto=http | http",
                "for=\"a;proto=x\"      | -",
                "for=\"\\\"\";proto=http | http",
                "xproto=https           | -",
                "proto                  | -",
                "proto=                 | ``",
                ";;proto=\"h\\t\\\\\"   | ht\\",
                "``                     | -",
            })
    void aParameterIsThatOfTheFirstElement(String field, String value) {
        assertThat(ForwardedElement.parameter(field, "proto")).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"", "for=\"a", "for=\"a\\\"", "for=\"a\\", "a\"b\"c\""})
    void aQuotationThatDoesNotEndIsNoticed(String field) {
        assertThat(ForwardedElement.hasClosedQuotes(field)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\tb", "a\u0000", "a\u007f", "\u00fc.example", "\u0430"})
    void whatCannotBeQuotedIsNotSaid(String text) {
        assertThat(ForwardedElement.isText(text)).isFalse();
    }
}
