package dev.sluice.forward.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FrameFloodTest {

    private static final int MANY = 100_000; // more than come in a second

    private final FrameFlood flood = new FrameFlood();

    /** Two WINDOW_UPDATEs and a PING, even for the shortest. */
    @Test
    void whatComesForWhatIsSentIsNoFlood() {
        for (int i = 0; i < MANY; i++) {
            flood.sent(1);
            for (int j = 0; j < 3; j++) {
                assertThat(flood.receivedForSent()).isFalse();
            }
        }
    }

    @Test
    void whatComesForNothingIsOne() {
        flood.sent(1);
        assertThat(IntStream.range(0, MANY).anyMatch(i -> flood.receivedForSent()))
                .isTrue();
    }

    @Test
    void otherFramesAreOneWhateverIsSent() {
        assertThat(IntStream.range(0, MANY).anyMatch(i -> {
                    flood.sent(1);
                    return flood.received();
                }))
                .isTrue();
    }
}
