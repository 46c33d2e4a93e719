package dev.sluice.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseTimeTest {

    private final AtomicLong clock = new AtomicLong(1);
    private final ResponseTime time = new ResponseTime(clock::get);

    private static long millis(double millis) {
        return (long) (millis * 1e6);
    }

    private void seconds(double seconds) {
        clock.addAndGet((long) (seconds * 1e9));
    }

    @Test
    void withoutASampleItIsNothing() {
        assertThat(time.expected()).isZero();
        seconds(100);
        assertThat(time.expected()).isZero();
    }

    @Test
    void aPeakCountsAtOnce() {
        time.observe(millis(5));
        assertThat((long) time.expected()).isEqualTo(millis(5));
        time.observe(millis(100));
        assertThat((long) time.expected()).isEqualTo(millis(100));
    }

    @Test
    void whatIsQuickerIsAveragedInByItsAge() {
        time.observe(millis(100));
        time.observe(millis(10));
        assertThat((long) time.expected()).isEqualTo(millis(100));
        seconds(2.5);
        time.observe(millis(10));
        assertThat(time.expected()).isCloseTo(1e6 * (100 / Math.E + 10 * (1 - 1 / Math.E)), within(1e3));
    }

    @Test
    void itFallsWhereNoSampleComesButNeverToNothing() {
        time.observe(millis(100));
        seconds(7.5);
        assertThat(time.expected()).isCloseTo(5e6, within(0.1e6));
        seconds(1e9);
        assertThat(time.expected()).isPositive();
    }

    @Test
    void eachPercentOfFailuresCountsAsTenMillisecondsHoweverQuickTheyAreDividedByTheRateOfSuccess() {
        time.observe(millis(5));
        time.observeFailure(millis(1));
        assertThat(time.expected()).isCloseTo(15e6 / 0.99, within(1e3));
        for (int i = 0; i < 1_000; i++) {
            time.observeFailure(millis(1));
        }
        assertThat(time.expected()).as("never divided by less than 0.01").isCloseTo(995e6 / 0.01, within(1e6));
    }

    @Test
    void whereFewRequestsComeEachCountsForMore() {
        time.observe(millis(5));
        seconds(2.5);
        time.observeFailure(millis(5));
        assertThat(time.expected()).isCloseTo((5e6 + 1e9 * (1 - 1 / Math.E)) * Math.E, within(1e3));
        seconds(2.5);
        time.observe(millis(5));
        double failing = (1 - 1 / Math.E) / Math.E;
        assertThat(time.expected()).isCloseTo((5e6 + 1e9 * failing) / (1 - failing), within(1e3));
    }

    @Test
    void failuresAreForgottenBySuccessesAndByTime() {
        time.observe(millis(5));
        time.observeFailure(millis(1));
        for (int i = 0; i < 100; i++) {
            time.observe(millis(5));
        }
        assertThat(time.expected()).isCloseTo(5e6 + 10e6 / Math.E, within(0.1e6));
        seconds(25);
        assertThat(time.expected()).isLessThan(1e6);
        time.observe(millis(5));
        assertThat(time.expected()).isCloseTo(5e6, within(0.1e6));
    }

    @Test
    void aSlowFailureIsSlowToo() {
        time.observe(millis(5));
        time.observeFailure(millis(3_000));
        assertThat(time.expected()).isCloseTo(3_010e6 / 0.99, within(1e3));
    }

    /** A JVM may begin to count anywhere. */
    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE / 2, Long.MIN_VALUE / 2})
    void aFirstFailureCountsAsMuchWheneverItComes(long now) {
        clock.set(now);
        time.observeFailure(millis(5));
        assertThat(time.expected()).isCloseTo((5e6 + 990e6) / 0.01, within(1e3));
    }

    @Test
    void aTargetThatHasOnlyFailedIsKnown() {
        time.observeFailure(0);
        assertThat(time.expected()).isPositive();
    }

    @Test
    void anAnswerThatNobodyWaitedForCountsOnlyIfItIsLate() {
        time.observe(millis(50));
        time.observeAtLeast(millis(10));
        assertThat((long) time.expected()).isEqualTo(millis(50));
        time.observeAtLeast(millis(400));
        assertThat((long) time.expected()).isEqualTo(millis(400));
    }

    @Test
    void aClockThatStandsStillDoesNoHarm() {
        time.observe(millis(50));
        clock.addAndGet(-millis(1));
        time.observe(millis(10));
        assertThat((long) time.expected()).isEqualTo(millis(50));
    }
}
