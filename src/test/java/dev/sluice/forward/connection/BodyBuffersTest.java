package dev.sluice.forward.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BodyBuffersTest {

    private static final int MANY = 100;

    @Test
    void whatIsGivenBackIsTakenEmpty() {
        ByteBuffer buffer = BodyBuffers.take(false);
        buffer.put((byte) 1).flip();
        BodyBuffers.giveBack(buffer);

        ByteBuffer again = BodyBuffers.take(false);

        assertThat(again).isSameAs(buffer);
        assertThat(again.remaining()).isEqualTo(again.capacity());
        BodyBuffers.giveBack(again);
    }

    @Test
    void nobodyHasTheSame() {
        List<ByteBuffer> taken = take(MANY);

        Set<ByteBuffer> each = Collections.newSetFromMap(new IdentityHashMap<>());
        each.addAll(taken);
        assertThat(each).hasSize(MANY);
        taken.forEach(BodyBuffers::giveBack);
    }

    @Test
    void thereAreAsManyLargeOnesAgainWhenAllWereGivenUp() {
        List<ByteBuffer> first = take(MANY);
        first.forEach(BodyBuffers::giveUp);
        List<ByteBuffer> second = take(MANY);

        assertThat(countLarge(first)).isPositive().isLessThan(MANY);
        assertThat(countLarge(second)).isEqualTo(countLarge(first));
        second.forEach(BodyBuffers::giveBack);
    }

    private static List<ByteBuffer> take(int count) {
        return IntStream.range(0, count).mapToObj(i -> BodyBuffers.take(true)).toList();
    }

    private static long countLarge(List<ByteBuffer> buffers) {
        return buffers.stream()
                .filter(buffer -> buffer.capacity() > ConnectionPool.WINDOW)
                .count();
    }
}
