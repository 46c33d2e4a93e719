package dev.sluice.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {

    @Test
    void nestsMapsAndLists() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("a", 1);
        map.put("b", null);
        map.put("c", List.of("x", List.of(), Map.of()));
        assertThat(Json.write(map)).isEqualTo("{\"a\":1,\"b\":null,\"c\":[\"x\",[],{}]}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    22     | \\"
                    5c     | \\\\
                    2f     | /
                    27     | '
                    00     | \\u0000
                    09     | \\u0009
                    0a     | \\u000a
                    1f     | \\u001f
                    7f     | \\u007f
                    e9     | \\u00e9
                    2028   | \\u2028
                    1f600  | \\ud83d\\ude00
                    d800   | \\ud800
                    """)
    void escapesWhatIsNotPlainAscii(String codePoint, String escaped) {
        assertThat(Json.write(Character.toString(Integer.parseInt(codePoint, 16))))
                .isEqualTo('"' + escaped + '"');
    }
}
