package dev.sluice.forward.connection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Http2StreamTest {

    /** HttpCore's parser refuses the fourth: a client could send it so that its target gets the blame. */
    @ParameterizedTest
    @ValueSource(
            strings = {"shop.example", "my_shop:8080", "[2001:db8::1]:80", "[::ffff:1.2.3.4]", "[::1]", "192.0.2.1:0"})
    void theAuthorityIsTheHost(String host) {
        assertThat(Http2Stream.authority(host)).hasToString(host);
    }

    @ParameterizedTest
    @ValueSource(strings = {"shop.example:", "[::1]:"})
    void anEmptyPortIsNone(String host) {
        assertThat(Http2Stream.authority(host)).hasToString(host.substring(0, host.length() - 1));
    }
}
