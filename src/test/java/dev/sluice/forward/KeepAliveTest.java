package dev.sluice.forward;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.hc.core5.http.message.BasicHttpResponse;
import org.apache.hc.core5.util.TimeValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeepAliveTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            timeout=5            |  4000
            timeout=75, max=1000 | 74000
            max=1000,timeout=20  | 19000
            Timeout=2            |  1000
            timeout=1            |     1
            timeout=0            |     1
            timeout=soon         |  4000
            max=7                |  4000
            """)
    void aConnectionIsLetGoBeforeItsTargetLetsGo(String header, long milliseconds) {
        BasicHttpResponse response = new BasicHttpResponse(200);
        response.addHeader("Keep-Alive", header);
        assertThat(KeepAlive.of(response).toMilliseconds()).isEqualTo(milliseconds);
    }

    @Test
    void aTargetThatDoesNotSayIsTakenForTheShortestCommonDefault() {
        assertThat(KeepAlive.of(new BasicHttpResponse(200))).isEqualTo(TimeValue.ofSeconds(4));
    }
}
