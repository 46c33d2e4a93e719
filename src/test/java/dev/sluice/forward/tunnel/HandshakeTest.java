package dev.sluice.forward.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HandshakeTest {

    private int preparations;

    @Test
    void aRefusalByTheServletsThreadPreparesTheRequestOnce() {
        Handshake handshake = new Handshake(() -> preparations++);
        handshake.refuse();
        assertThat(handshake.awaitDecision()).isFalse();
        assertThat(preparations).isEqualTo(1);
    }

    /**
     * Only the thread that refused used to see the exception, and the servlet returned as if somebody answered the
     * request.
     */
    @Test
    void aRequestThatCannotBePreparedIsTheHostsToEnd() {
        IllegalStateException refused = new IllegalStateException("for a test");
        Handshake handshake = new Handshake(() -> {
            throw refused;
        });
        assertThatThrownBy(handshake::refuse).isSameAs(refused);
        assertThatThrownBy(handshake::awaitDecision).hasCause(refused);
    }

    /** An attempt that has failed may still answer, while the next one's target agrees to the upgrade. */
    @Test
    void whatWasRefusedIsNotAcceptedAfterwards() {
        Handshake handshake = new Handshake(() -> preparations++);
        handshake.refuse();
        assertThat(handshake.beginToAccept()).isFalse();
        assertThat(handshake.awaitDecision()).isFalse();
    }

    @Test
    void whatIsBeingAcceptedIsNotRefusedAnyMore() {
        Handshake handshake = new Handshake(() -> preparations++);
        assertThat(handshake.beginToAccept()).isTrue();
        handshake.refuse();
        handshake.accept();
        assertThat(handshake.awaitDecision()).isTrue();
        assertThat(preparations).isZero();
    }
}
