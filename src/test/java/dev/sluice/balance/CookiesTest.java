package dev.sluice.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CookiesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            id=1                 | 1
            a=0; id=1; b=2       | 1
            a=0;id=1;b=2         | 1
            ' id = 1 ; b=2'      | 1
            id=1; id=2           | 1,2
            id=                  | ''
            id="1"               | "1"
            id=a=b==             | a=b==
            ;;id=1;              | 1
            ID=1; id2=2; xid=3   |
            id; a=id=1           |
            ''                   |
            """)
    void theValuesOfANameAreFoundInTheirOrder(String field, String values) {
        assertThat(Cookies.values(Collections.enumeration(List.of(field)), "id"))
                .containsExactly(values == null ? new String[0] : values.split(",", -1));
    }

    @Test
    void thereMayBeNoFieldOrSeveral() {
        assertThat(Cookies.values(Collections.emptyEnumeration(), "id")).isEmpty();
        assertThat(Cookies.values(Collections.enumeration(List.of("id=1; a=0", "b=0", "id=2")), "id"))
                .containsExactly("1", "2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            id=1                       | 1
            ' id = 1 ; Path=/'         | 1
            id=1; Path=/; id=2         | 1
            id=                        |
            id=a=b; HttpOnly           | a=b
            ID=1                       |
            a=0; id=1                  |
            id                         |
            ''                         |
            """)
    void theValueSetStandsBeforeTheAttributes(String field, String value) {
        assertThat(Cookies.valueSet(List.of(field), "id")).isEqualTo(value);
    }

    @Test
    void theLastFieldOfTheNameSetsIt() {
        assertThat(Cookies.valueSet(List.of("a=0", "id=1", "id=2", "b=3"), "id"))
                .isEqualTo("2");
        assertThat(Cookies.valueSet(List.of(), "id")).isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a=1                          | a=1
            'a = "1";b=2 ;'              | 'a = "1";b=2 ;'
            a=1; SLUICE=x; b=2           | a=1; b=2
            SLUICE=x; a=1                | a=1
            a=1; SLUICE=x                | a=1
            'a = "1" ;SLUICE=x;b=2 ;'    | 'a = "1" ;b=2 ;'
            a=1; SLUICE=x; SLUICE-2=y    | a=1
            SLUICE=x; a=1; SLUICE=y; b=2 | a=1; b=2
            sluice=x; SLUICE-3=y; a=SLUICE=z | sluice=x; SLUICE-3=y; a=SLUICE=z
            SLUICE=x                     |
            ' SLUICE = x; '              |
            SLUICE=x; SLUICE-2=y         |
            ''                           | ''
            """)
    void theCookiesOfThoseNamesGoAndEveryByteOfTheOthersStays(String field, String left) {
        assertThat(Cookies.without(Set.of("SLUICE", "SLUICE-2"), field)).isEqualTo(left);
    }
}
