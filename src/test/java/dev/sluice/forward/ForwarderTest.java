package dev.sluice.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ForwarderTest {

    /** A reactor that had died once left every later request without a connection until the process was restarted. */
    @Test
    void aReactorThatHasDiedIsReplaced() {
        try (Forwarder forwarder = new Forwarder(Duration.ofSeconds(1))) {
            ConnectionPool dead = forwarder.pool();
            dead.close();
            assertThat(forwarder.pool()).isNotSameAs(dead);
            assertThat(forwarder.pool().isRunning()).isTrue();
            assertThat(forwarder.pool()).isSameAs(forwarder.pool());
        }
    }

    @Test
    void aClosedForwarderStaysClosed() {
        Forwarder forwarder = new Forwarder(Duration.ofSeconds(1));
        forwarder.close();
        assertThat(forwarder.pool().isRunning()).isFalse();
    }
}
