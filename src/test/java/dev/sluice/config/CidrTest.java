package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {

    @ParameterizedTest
    @CsvSource({
        // range, address, contained
        "10.0.0.0/8,      10.0.0.0,           true",
        "10.0.0.0/8,      10.255.255.255,     true",
        "10.0.0.0/8,      11.0.0.0,           false",
        "10.0.0.0/8,      9.255.255.255,      false",
        "192.0.2.64/26,   192.0.2.127,        true",
        "192.0.2.64/26,   192.0.2.63,         false",
        "192.0.2.64/26,   192.0.2.128,        false",
        "192.0.2.7,       192.0.2.7,          true",
        "192.0.2.7,       192.0.2.6,          false",
        "192.0.2.7/32,    192.0.2.7,          true",
        "0.0.0.0/0,       255.255.255.255,    true",
        "0.0.0.0/0,       ::1,                false",
        "0.0.0.0/1,       127.0.0.1,          true",
        "0.0.0.0/1,       128.0.0.1,          false",
        "::/0,            2001:db8::1,        true",
        "::/0,            192.0.2.7,          false",
        "2001:db8::/33,   2001:db8:7fff::1,   true",
        "2001:db8::/33,   2001:db8:8000::1,   false",
        "2001:db8::1,     2001:DB8:0:0::1,    true",
        "fe80::/10,       fe80::1%eth0,       true",
        "::1,             [::1],              true",
        // an IPv4-mapped address is the IPv4 address, on both sides
        "10.0.0.0/8,      ::ffff:10.1.2.3,    true",
        "10.0.0.0/8,      ::ffff:0a01:0203,   true",
        "10.0.0.0/8,      ::ffff:11.1.2.3,    false",
        "::ffff:10.0.0.0/104, 10.1.2.3,       true",
        "::ffff:10.0.0.0/104, 11.1.2.3,       false",
        "::ffff:10.1.2.3, 10.1.2.3,           true",
        "::ffff:0:0/96,   255.1.2.3,          true",
    })
    void aRangeHasTheAddressesThatBeginWithItsPrefix(String range, String address, boolean contained) {
        ForwardedConfiguration configuration =
                new ForwardedConfiguration(List.of(Cidr.parse(range)), ForwardedHeaders.NONE, false);
        assertThat(configuration.trusts(address)).isEqualTo(contained);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "proxy.example   | hostnames are not looked up",
                "10.0.0.256      | hostnames are not looked up",
                "10.0.0          | hostnames are not looked up",
                "010.0.0.1       | hostnames are not looked up",
                "10.0.0.1:80     | hostnames are not looked up",
                "10.0.0.0-10.0.0.9 | hostnames are not looked up",
                "''              | hostnames are not looked up",
                "::1::           | hostnames are not looked up",
                "fe80::1%eth0    | not \"fe80::1%eth0\"",
                "10.0.0.0/33     | must be a whole number from 0 to 32, not \"33\"",
                "10.0.0.0/       | must be a whole number from 0 to 32, not \"\"",
                "10.0.0.0/-1     | must be a whole number from 0 to 32, not \"-1\"",
                "10.0.0.0/8/8    | must be a whole number from 0 to 32, not \"8/8\"",
                "10.0.0.0/255.0.0.0 | must be a whole number from 0 to 32",
                "::/129          | must be a whole number from 0 to 128, not \"129\"",
                "::ffff:10.0.0.0/95 | must be a whole number from 96 to 128, not \"95\"",
                "10.0.0.1/8      | in 10.0.0.1/8 bits are set beyond the first 8; the range is 10.0.0.0/8, the address alone is 10.0.0.1",
                "10.0.0.1/0      | the range is 0.0.0.0/0",
                "192.0.2.127/26  | the range is 192.0.2.64/26",
                "2001:db8::1/32  | the range is 2001:db8:0:0:0:0:0:0/32",
                "::ffff:10.0.0.1/104 | beyond the first 104; the range is 10.0.0.0/8",
            })
    void whatIsNoRangeIsRefusedWithWhatWouldBeRight(String text, String message) {
        assertThatThrownBy(() -> Cidr.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void itIsWrittenAsItIsReadButForTheLengthOfASingleAddress() {
        assertThat(Cidr.parse("10.0.0.0/8")).hasToString("10.0.0.0/8");
        assertThat(Cidr.parse("10.0.0.1/32")).hasToString("10.0.0.1");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "unix:", "localhost", "10.0.0.1x", "127.1"})
    void whatIsNoAddressIsNotTrusted(String address) {
        ForwardedConfiguration everybody = new ForwardedConfiguration(
                List.of(Cidr.parse("0.0.0.0/0"), Cidr.parse("::/0")), ForwardedHeaders.BOTH, false);
        assertThat(everybody.trusts(address)).isFalse();
        assertThat(everybody.trusts("127.0.0.1")).isTrue();
        assertThat(everybody.trusts("[::1]")).isTrue();
    }
}
