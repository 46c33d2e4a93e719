package dev.sluice.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WatchTest {

    private final AtomicInteger looks = new AtomicInteger();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private volatile Watch.Source<String> source = () -> "a";
    private final Watch<String> watch = Watch.start(
            "watch-test",
            "a",
            () -> {
                looks.incrementAndGet();
                return source.read();
            },
            new Watch.Observer<>() {
                @Override
                public void changed(String content) {
                    told.add(content);
                    if (content.equals("wrong")) {
                        throw new IllegalArgumentException(content);
                    }
                }

                @Override
                public void unreadable(Throwable cause) {
                    told.add(cause.toString());
                }
            },
            1);

    @AfterEach
    void close() {
        watch.close();
    }

    /** Exceptions on the watch's thread are intended. */
    private static ConditionFactory await() {
        return Awaitility.await().dontCatchUncaughtExceptions();
    }

    private void awaitLooks(int more) {
        int enough = looks.get() + more;
        await().until(() -> looks.get() >= enough);
    }

    private void awaitTold(String... contents) {
        await().untilAsserted(() -> assertThat(told).containsExactly(contents));
        awaitLooks(4);
        assertThat(told).containsExactly(contents);
    }

    @Test
    void whatChangesIsToldOnce() {
        awaitTold();
        source = () -> "b";
        awaitTold("b");
        source = () -> "a";
        awaitTold("b", "a");
    }

    @Test
    void whatIsBeingWrittenIsNotTold() {
        source = () -> "written until " + looks.get();
        awaitLooks(20);
        assertThat(told).isEmpty();
    }

    @Test
    void whatCannotBeReadIsToldOnceToo() {
        source = () -> {
            throw new IOException("away");
        };
        awaitTold("java.io.IOException: away");
        source = () -> "a";
        awaitTold("java.io.IOException: away", "a");
    }

    @Test
    void whoeverThrowsIsToldAgain() {
        source = () -> "wrong";
        awaitTold("wrong");
        source = () -> "right";
        awaitTold("wrong", "right");
    }

    @Test
    void whatIsAskedForIsToldAtOnceChangedOrNot() {
        watch.lookNow();
        awaitTold("a");
    }

    @Test
    void onceClosedNothingIsReadAnyMore() {
        awaitLooks(1);
        watch.close();
        int last = looks.get();
        watch.lookNow();
        assertThat(looks).hasValue(last);
    }
}
