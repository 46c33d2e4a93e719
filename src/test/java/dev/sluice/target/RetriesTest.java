package dev.sluice.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.RetryConfiguration;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetriesTest {

    private final AtomicLong nanoClock = new AtomicLong(42);
    private final Retries retries =
            new Retries(new RetryConfiguration(3, 20, RetryConfiguration.DEFAULT.onStatus()), nanoClock::get);

    private void secondsPass(int seconds) {
        nanoClock.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }

    private void requestsCome(int requests) {
        for (int i = 0; i < requests; i++) {
            retries.requestCame();
        }
    }

    private int taken() {
        int taken = 0;
        while (retries.take() != Retries.NONE) {
            taken++;
        }
        return taken;
    }

    @Test
    void withFewRequestsThereAreThreeASecond() {
        assertThat(taken()).isEqualTo(30); // of ten seconds
        secondsPass(9);
        assertThat(taken()).isZero();
        secondsPass(1);
        assertThat(taken()).isEqualTo(30);
    }

    @Test
    void withManyRequestsThereIsAShareOfThem() {
        requestsCome(1_000);
        assertThat(taken()).isEqualTo(200);
        secondsPass(5);
        requestsCome(100);
        assertThat(taken()).isEqualTo(20);
    }

    @Test
    void requestsThatAreLongAgoDoNotCount() {
        requestsCome(1_000);
        secondsPass(10);
        assertThat(taken()).isEqualTo(30);
        secondsPass(1_000_000);
        requestsCome(200);
        assertThat(taken()).isEqualTo(40);
    }

    @Test
    void whatWasTakenLongAgoDoesNotCountEither() {
        for (int second = 0; second < 100; second++) {
            requestsCome(100);
            secondsPass(1);
            retries.take();
        }
        assertThat(taken()).isEqualTo(180 - 10); // of nine hundred requests in the last ten seconds
    }

    @Test
    void whatIsGivenBackCanBeTakenAgain() {
        long first = retries.take();
        assertThat(taken()).isEqualTo(29);
        retries.giveBack(first);
        assertThat(taken()).isEqualTo(1);
    }

    @Test
    void whatIsGivenBackLaterCountsOnce() {
        long first = retries.take();
        secondsPass(5);
        retries.giveBack(first);
        secondsPass(6); // the second in which it was taken no longer counts
        assertThat(taken()).isEqualTo(30);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 12})
    void whatNoLongerCountsCannotBeGivenBack(int secondsLater) {
        long first = retries.take();
        secondsPass(secondsLater);
        assertThat(taken()).isEqualTo(30);
        retries.giveBack(first);
        assertThat(taken()).isZero();
    }
}
