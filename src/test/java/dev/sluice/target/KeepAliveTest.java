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

    private void closedAfter(int millis) {
        keepAlive.closedAfter(Duration.ofMillis(millis).toNanos());
        nanoClock.addAndGet(Duration.ofSeconds(1).toNanos());
    }

    @Test
    void aTargetThatWasSeenTwiceToLetGoEarlierIsBelieved() {
        closedAfter(2_100);
        assertThat(keepAlive.millis(null)).isEqualTo(4_000);
        closedAfter(2_000);
        assertThat(keepAlive.millis(null)).isEqualTo(1_500);
        assertThat(keepAlive.millis("timeout=75")).isEqualTo(1_500);
        assertThat(keepAlive.millis("timeout=2")).isEqualTo(1_000);
    }

    @Test
    void closesThatDoNotAgreeSayNothing() {
        closedAfter(2_000);
        closedAfter(3_000);
        closedAfter(2_000);
        assertThat(keepAlive.millis(null)).isEqualTo(4_000);
    }

    @Test
    void theEarliestCounts() {
        closedAfter(2_000);
        closedAfter(2_000);
        closedAfter(60_000);
        closedAfter(60_000);
        assertThat(keepAlive.millis("timeout=75")).isEqualTo(1_500);
    }

    /** A target that restarts closes all its connections, many of which have been idle for about the same time. */
    @Test
    void aRestartSaysNothing() {
        for (int connection = 0; connection < 10; connection++) {
            keepAlive.closedAfter(Duration.ofMillis(1_500).toNanos());
        }
        assertThat(keepAlive.millis(null)).isEqualTo(4_000);
    }

    /** As after a response with {@code Connection: close}. */
    @Test
    void whatWasClosedAtOnceSaysNothing() {
        closedAfter(20);
        closedAfter(20);
        assertThat(keepAlive.millis(null)).isEqualTo(4_000);
    }

    @Test
    void afterTenMinutesItIsTriedAgain() {
        closedAfter(2_000);
        closedAfter(2_000);
        nanoClock.addAndGet(Duration.ofMinutes(10).toNanos());
        assertThat(keepAlive.millis(null)).isEqualTo(4_000);
        closedAfter(3_000);
        closedAfter(3_000);
        assertThat(keepAlive.millis(null)).isEqualTo(2_250);
    }
}
