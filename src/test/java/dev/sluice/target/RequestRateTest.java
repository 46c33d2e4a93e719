package dev.sluice.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RequestRateTest {

    private final AtomicLong total = new AtomicLong();
    private final AtomicLong nanoClock = new AtomicLong(-1000);
    private final RequestRate rate = new RequestRate(total::get, nanoClock::get);

    private void sampleAfter(long millis, long requests) {
        nanoClock.addAndGet(Duration.ofMillis(millis).toNanos());
        total.addAndGet(requests);
        rate.sample();
    }

    @Test
    void itKnowsTheLastMinuteTheNewestLast() {
        for (int second = 1; second <= 100; second++) {
            sampleAfter(1000, second);
        }
        assertThat(rate.lastMinute()).hasSize(60).startsWith(41, 42, 43).endsWith(98, 99, 100);
    }

    @Test
    void whatWasNotSampledYetIsNothing() {
        sampleAfter(1000, 7);
        assertThat(rate.lastMinute()).hasSize(60).endsWith(0, 7);
        assertThat(Collections.frequency(rate.lastMinute(), 0)).isEqualTo(59);
    }

    /** The last minute's requests are the sum, whenever samples were taken. */
    @Test
    void aSampleThatComesLateIsSpreadAndNothingIsLost() {
        sampleAfter(4000, 402);
        assertThat(rate.lastMinute()).endsWith(0, 100, 101, 100, 101);
        sampleAfter(1400, 140);
        sampleAfter(600, 60);
        assertThat(rate.lastMinute()).endsWith(101, 140, 60);
        sampleAfter(100_000, 1000);
        assertThat(rate.lastMinute()).hasSize(60).containsOnly(10);
    }
}
