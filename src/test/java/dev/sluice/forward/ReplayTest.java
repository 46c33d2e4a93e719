package dev.sluice.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ReplayTest {

    private static final byte[] PIECE = "piece".getBytes(StandardCharsets.US_ASCII);
    private static final int MOST = 64 * 1024;

    @Test
    void whatNoTargetHasGotCanBeSentAgain() {
        Replay replay = new Replay(false, 5);
        assertThat(replay.isPossible()).isTrue();
        assertThat(replay.rewind()).isNull();
    }

    @Test
    void whatIsNotKeptCannotBeSentAgain() {
        Replay replay = new Replay(false, 5);
        replay.begin();
        assertThat(replay.isPossible()).isFalse();
        assertThat(replay.isKept()).isFalse();
    }

    @Test
    void whatEachTargetHasGotComesBack() {
        Replay replay = new Replay(true, -1);
        for (int target = 0; target < 3; target++) {
            replay.begin();
            replay.add(PIECE, 0, 2);
            replay.add(PIECE, 2, 3);
            assertThat(replay.isPossible()).isTrue();
            assertThat(replay.rewind()).isEqualTo(ByteBuffer.wrap(PIECE));
        }
    }

    /** A target may refuse the first byte: the next one begins all the same. */
    @Test
    void aTargetThatHasTakenNothingGivesNothingBack() {
        Replay replay = new Replay(true, 5);
        replay.begin();
        assertThat(replay.rewind()).isEqualTo(ByteBuffer.allocate(0));
    }

    @Test
    void noMoreIsKeptThanTheMaximum() {
        Replay replay = new Replay(true, -1);
        replay.begin();
        replay.add(new byte[MOST], 0, MOST);
        assertThat(replay.isPossible()).isTrue();
        replay.add(PIECE, 0, 1);
        assertThat(replay.isPossible()).isFalse();
        assertThat(new Replay(true, MOST + 1).isKept()).isFalse();
    }
}
