package dev.sluice.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StallTest {

    private final ManualTimer timer = new ManualTimer();
    private boolean stalled = true;
    private long taken;
    private int givenUp;
    private final Stall stall = new Stall(this, new Exchanges(timer), () -> stalled, () -> taken, () -> givenUp++);

    /** Runs what is scheduled when the test says so. */
    private static final class ManualTimer extends ScheduledThreadPoolExecutor {

        ManualTimer() {
            super(0);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            Task scheduled = new Task(task, unit.toMillis(delay));
            getQueue().add(scheduled);
            return scheduled;
        }

        /** A minute passes. */
        void minute() {
            for (Runnable due : getQueue().toArray(Runnable[]::new)) {
                assertThat(((Task) due).millis).isEqualTo(60_000);
                getQueue().remove(due);
                due.run();
            }
        }
    }

    private static final class Task extends FutureTask<Void> implements RunnableScheduledFuture<Void> {

        private final long millis;

        Task(Runnable task, long millis) {
            super(task, null);
            this.millis = millis;
        }

        @Override
        public boolean isPeriodic() {
            return false;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(millis, TimeUnit.MILLISECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.MILLISECONDS), other.getDelay(TimeUnit.MILLISECONDS));
        }
    }

    @AfterEach
    void close() {
        timer.shutdownNow();
    }

    private void minutes(int count) {
        for (int i = 0; i < count; i++) {
            timer.minute();
        }
    }

    @Test
    void aClientThatTakesNothingForTenMinutesIsGivenUp() {
        stall.watch();
        minutes(9);
        assertThat(givenUp).isZero();
        minutes(1);
        assertThat(givenUp).isOne();
        assertThat(timer.getQueue()).isEmpty();
    }

    @Test
    void whoeverTakesSomethingNowAndThenIsNot() {
        stall.watch();
        for (int i = 0; i < 5; i++) {
            minutes(9);
            taken++;
        }
        assertThat(givenUp).isZero();
        minutes(11);
        assertThat(givenUp).isOne();
    }

    @Test
    void itBeginsAnewWithEachStall() {
        stall.watch();
        stall.watch();
        assertThat(timer.getQueue()).hasSize(1);
        minutes(9);
        stalled = false;
        minutes(1);
        assertThat(timer.getQueue()).isEmpty();
        stalled = true;
        stall.watch();
        minutes(9);
        assertThat(givenUp).isZero();
        minutes(1);
        assertThat(givenUp).isOne();
    }

    @Test
    void whatIsCancelledGivesNobodyUp() {
        stall.watch();
        stall.cancel();
        minutes(1);
        assertThat(timer.getQueue()).isEmpty();
    }
}
