package dev.sluice.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeepAliveTest {

    private final AtomicLong nanoClock = new AtomicLong(-5);
    private final KeepAlive keepAlive = new KeepAlive(nanoClock::get);

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
    void aConnectionIsLetGoBeforeItsTargetLetsGo(String field, long milliseconds) {
        assertThat(keepAlive.millis(field)).isEqualTo(milliseconds);
    }

    @Test
    void aTargetThatDoesNotSayIsTakenForTheShortestCommonDefault() {
        assertThat(keepAlive.millis(null)).isEqualTo(4_000);
    }

    @Test
    void aTargetThatWasSeenToLetGoEarlierIsBelieved() {
        keepAlive.closedAfter(Duration.ofSeconds(2).toNanos());
        assertThat(keepAlive.millis(null)).isEqualTo(1_500);
        assertThat(keepAlive.millis("timeout=75")).isEqualTo(1_500);
        assertThat(keepAlive.millis("timeout=2")).isEqualTo(1_000);
    }

    @Test
    void theEarliestCounts() {
        keepAlive.closedAfter(Duration.ofSeconds(3).toNanos());
        keepAlive.closedAfter(Duration.ofSeconds(2).toNanos());
        keepAlive.closedAfter(Duration.ofSeconds(60).toNanos());
        assertThat(keepAlive.millis("timeout=75")).isEqualTo(1_500);
    }

    @Test
    void whatWasClosedLaterThanItIsKeptChangesNothing() {
        keepAlive.closedAfter(Duration.ofSeconds(60).toNanos());
        assertThat(keepAlive.millis(null)).isEqualTo(4_000);
    }

    /** The answer said {@code Connection: close}, or the target was restarted under load. */
    @Test
    void whatWasClosedAtOnceSaysNothing() {
        keepAlive.closedAfter(Duration.ofMillis(20).toNanos());
        assertThat(keepAlive.millis(null)).isEqualTo(4_000);
    }

    @Test
    void afterTenMinutesItIsTriedAgain() {
        keepAlive.closedAfter(Duration.ofSeconds(2).toNanos());
        nanoClock.addAndGet(Duration.ofMinutes(10).toNanos() + 1);
        assertThat(keepAlive.millis(null)).isEqualTo(4_000);
        keepAlive.closedAfter(Duration.ofSeconds(3).toNanos());
        assertThat(keepAlive.millis(null)).isEqualTo(2_250);
    }
}
