package dev.sluice.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test plays the selector: it says what is ready, and runs the tasks that result. */
class WatchedEndPointTest {

    private static final int READ = SelectionKey.OP_READ;
    private static final int WRITE = SelectionKey.OP_WRITE;

    private final List<String> told = new ArrayList<>();
    private Key key;
    private SocketChannel channel;
    private SocketChannelEndPoint endPoint;

    @BeforeEach
    @SuppressWarnings("NullAway") // no selector
    void create() throws IOException {
        channel = SocketChannel.open();
        key = new Key();
        endPoint = new WatchedEndPoint(channel, null, key, new ScheduledExecutorScheduler());
    }

    @AfterEach
    void close() throws IOException {
        channel.close();
    }

    @Test
    void goesOnWatchingWhileNothingComes() {
        want("first");
        assertThat(key.interests).isEqualTo(READ);

        run(select(READ));
        assertThat(told).containsExactly("first");
        assertThat(key.interests).isEqualTo(READ);

        want("second");
        run(select(READ));
        assertThat(told).containsExactly("first", "second");
        assertThat(key.interests).isEqualTo(READ);
        assertThat(key.changes).as("system calls").isEqualTo(1);
    }

    @Test
    void whatNobodyWantsIsNotWatchedUntilSomebodyDoes() {
        want("first");
        run(select(READ));

        assertThat(select(READ)).isNull();
        assertThat(key.interests).isZero();

        want("second");
        assertThat(key.interests).isEqualTo(READ);
        run(select(READ));
        assertThat(told).containsExactly("first", "second");
    }

    /** Another thread selects before the first one has told the reader. */
    @Test
    void whoIsToldIsToldOnce() {
        want("first");
        Runnable late = select(READ);
        assertThat(select(READ)).isNull();
        assertThat(key.interests).isZero();

        run(late);
        assertThat(told).containsExactly("first");
        want("second");
        assertThat(key.interests).isEqualTo(READ);
    }

    @Test
    void whoWantsItInTheMiddleOfAnEventIsTold() {
        want("first");
        endPoint.getFillInterest().onFail(new IOException("taken back"));
        want("second");
        run(select(READ));
        assertThat(told).containsExactly("first failed", "second");

        key.ready = READ;
        Runnable nothing = endPoint.onSelected();
        register("third"); // before the selector applies what the event has changed
        endPoint.updateKey();
        assertThat(nothing).isNull();
        assertThat(key.interests).isEqualTo(READ);
        run(select(READ));
        assertThat(told).containsExactly("first failed", "second", "third");
    }

    @Test
    void aWriteThatMayGoOnDoesSoWhateverBecomesOfTheInput() {
        want("first");
        run(select(READ));

        assertThat(select(READ | WRITE)).isNotNull();
        assertThat(key.interests).isZero();
        want("second");
        assertThat(select(WRITE)).isNotNull();
        assertThat(key.interests).isEqualTo(READ);
        run(select(READ));
        assertThat(told).containsExactly("first", "second");
    }

    @Test
    void goesByTheKeyOfAnotherSelector() {
        want("first");
        key = new Key();
        key.interests = READ;
        endPoint.replaceKey(key);

        run(select(READ));
        assertThat(told).containsExactly("first");
        assertThat(key.interests).isEqualTo(READ);
    }

    /** Registers a reader, and lets the selector apply that. */
    private void want(String name) {
        register(name);
        endPoint.updateKey();
    }

    private void register(String name) {
        endPoint.fillInterested(Callback.from(() -> told.add(name), failure -> told.add(name + " failed")));
    }

    private @Nullable Runnable select(int ready) {
        key.ready = ready;
        Runnable task = endPoint.onSelected();
        endPoint.updateKey();
        return task;
    }

    private static void run(@Nullable Runnable task) {
        Objects.requireNonNull(task, "nobody is to be told").run();
    }

    private static final class Key extends SelectionKey {

        private int interests;
        private int ready;
        private int changes;

        @Override
        public SelectableChannel channel() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Selector selector() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isValid() {
            return true;
        }

        @Override
        public void cancel() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int interestOps() {
            return interests;
        }

        @Override
        public SelectionKey interestOps(int ops) {
            interests = ops;
            changes++;
            return this;
        }

        @Override
        public int readyOps() {
            return ready;
        }
    }
}
