package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {

    @ParameterizedTest
    @CsvSource({
        "PT-1S, 0 s",
        "PT0.9S, 0 s",
        "PT59.9S, 59 s",
        "PT60S, 1 min 0 s",
        "PT59M59S, 59 min 59 s",
        "PT1H, 1 h 0 min",
        "PT47H30M, 1 d 23 h",
        "PT2400H, 100 d 0 h"
    })
    void aDurationHasItsTwoLargestUnits(Duration duration, String text) {
        assertThat(Figures.duration(duration)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0.1, 0.1", "9.96, 10.0", "99.9, 99.9", "99.96, 100", "'12345', '12,345'"})
    void aRateHasADecimalWhereItIsSmall(double rate, String text) {
        assertThat(Figures.rate(rate)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"1000, 0.00 ms", "994000, 0.99 ms", "996000, 1.0 ms", "12340000, 12.3 ms", "'5000000000', '5,000 ms'"})
    void aLatencyIsInMilliseconds(double nanos, String text) {
        assertThat(Figures.milliseconds(nanos)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 %", "0.004, 0.4 %", "0.333, 33 %", "1, 100 %"})
    void aShareIsInPercent(double share, String text) {
        assertThat(Figures.percent(share)).isEqualTo(text);
    }
}
