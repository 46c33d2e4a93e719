package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpAddressTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1",
        "0:0:0:0:0:0:0:1, ::1",
        "0:0:0:0:0:0:0:0, ::",
        "[2001:DB8:0:0:0:0:0:1], 2001:db8::1",
        "fe80:0:0:0:1:0:0:0%eth0, fe80::1:0:0:0",
        "2001:db8:0:1:0:0:1:1, 2001:db8:0:1::1:1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
        "0:0:3:4:5:6:7:8, ::3:4:5:6:7:8",
        "::ffff:192.0.2.1, 192.0.2.1",
        "unknown, unknown",
        "'', ''",
    })
    void othersGetAnAddressAsTheyExpectIt(String text, String canonical) {
        assertThat(IpAddress.canonical(text)).isEqualTo(canonical);
    }
}
