package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HtmlTest {

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
            plain                          | plain
            <script>alert(1)</script>      | &lt;script&gt;alert(1)&lt;/script&gt;
            " onmouseover="alert(1)        | &quot; onmouseover=&quot;alert(1)
            ' onmouseover='alert(1)        | &#39; onmouseover=&#39;alert(1)
            &lt;b&gt;                      | &amp;lt;b&amp;gt;
            Größe 10 µs – \uD83D\uDE00     | Größe 10 µs – \uD83D\uDE00
            """, delimiter = '|')
    void whatComesFromOutsideIsText(String text, String escaped) {
        assertThat(new Html().text(text)).hasToString(escaped);
    }

    /** A line break would end the data of an event. */
    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\rb", "a\u0000b", "a\u0085b", "a\tb"})
    void itHasNoLineBreaksNorOtherControls(String text) {
        assertThat(new Html().text(text)).hasToString("a b");
    }
}
