package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AcceptEncodingTest {

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "GZIP;q=0.5", "x-gzip", "br, gzip", "*", "identity;q=0, *;q=0.001", "*;q=0, gzip"})
    void gzipIsTaken(String accept) {
        assertThat(AcceptEncoding.takesGzip(accept)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "identity", "br", "gzip;q=0", "gzip ; Q = 0.000", "*, gzip;q=0", "*;q=0", "gzipped", ",;"})
    void gzipIsNotTaken(String accept) {
        assertThat(AcceptEncoding.takesGzip(accept)).isFalse();
    }
}
