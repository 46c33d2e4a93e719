package dev.sluice.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class ReadTurnTest {

    private final Object monitor = new Object();
    private ReadTurn turn = new ReadTurn(monitor, TimeUnit.MINUTES.toMillis(1)); // longer than any test may take
    private final List<String> done = new ArrayList<>();

    private void take() {
        synchronized (monitor) {
            turn.take();
        }
    }

    /** As a reader does at its end. */
    private void end() {
        Runnable next;
        synchronized (monitor) {
            next = turn.end();
        }
        if (next != null) {
            next.run();
        }
    }

    @Test
    void whoReadsLooksOnceMoreIfAskedMeanwhile() {
        synchronized (monitor) {
            assertThat(turn.askReader()).as("nobody reads").isFalse();
            turn.take();
            assertThat(turn.takeAsked()).as("asked before it began").isFalse();
            assertThat(turn.askReader()).isTrue();
            assertThat(turn.askReader()).isTrue();
            assertThat(turn.takeAsked()).isTrue();
            assertThat(turn.takeAsked()).as("told once").isFalse();
        }
    }

    @Test
    void whatIsToBeDoneAfterwardsIsDoneAtOnceIfNobodyReads() {
        turn.afterwards(() -> done.add("at once"));
        take();
        turn.afterwards(() -> done.add("later"));
        assertThat(done).containsExactly("at once");
        end();
        assertThat(done).containsExactly("at once", "later");
        take();
        end();
        assertThat(done).as("once").hasSize(2);
    }

    @Test
    void whoWaitsForTheReaderDoesInsteadWhatWasToBeDoneAfterwards() throws InterruptedException {
        take();
        turn.afterwards(() -> done.add(Thread.currentThread().getName()));
        Thread waiter = new Thread(turn::await, "waiter");
        waiter.start();
        await().until(() -> waiter.getState() == Thread.State.TIMED_WAITING);
        assertThat(done).isEmpty();
        end();
        waiter.join();
        assertThat(done).containsExactly("waiter");
    }

    @Test
    void nobodyWaitsForItself() {
        take();
        turn.await();
        assertThat(isTaken()).as("it goes on reading").isTrue();
    }

    private boolean isTaken() {
        synchronized (monitor) {
            return turn.isTaken();
        }
    }

    @Test
    void aReaderThatHangsIsNotWaitedForForever() throws InterruptedException {
        turn = new ReadTurn(monitor, 1);
        Thread reader = new Thread(this::take);
        reader.start();
        reader.join();
        turn.afterwards(() -> done.add("afterwards"));
        turn.await();
        assertThat(done).isEmpty();
        end();
        assertThat(done).containsExactly("afterwards");
    }
}
