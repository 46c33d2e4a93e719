package dev.sluice.forward.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.TransportConfiguration;
import dev.sluice.config.TransportConfiguration.Protocol;
import dev.sluice.config.TransportConfiguration.Version;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectionsTest {

    private static final TransportConfiguration TLS =
            new TransportConfiguration(Protocol.HTTPS, Version.HTTP1, null, true);

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Connections connections = new Connections(timer);

    @AfterEach
    void close() {
        connections.close();
        timer.shutdownNow();
    }

    /** Once a reactor had died, no request used to get a connection until the process was restarted. */
    @Test
    void aReactorThatHasDiedIsReplaced() {
        Reactor dead = connections.current();
        dead.close();
        assertThat(connections.current()).isNotSameAs(dead);
        assertThat(connections.current().isRunning()).isTrue();
        assertThat(connections.current()).isSameAs(connections.current());
    }

    /**
     * Seconds may pass between the preparation of a configuration and its first request: what was prepared used to be
     * gone by then.
     */
    @Test
    void whatIsPreparedStays() {
        Reactor reactor = connections.current();
        connections.prepare(Set.of(TLS));
        ConnectionPool prepared = reactor.existing(TLS);
        connections.closeExpired();
        assertThat(reactor.existing(TLS)).isNotNull().isSameAs(prepared);
        connections.prepare(Set.of(TransportConfiguration.PLAIN));
        connections.closeExpired();
        assertThat(reactor.existing(TLS)).isNull();
    }

    @Test
    void whatIsClosedStaysClosed() {
        connections.close();
        assertThat(connections.current().isRunning()).isFalse();
    }
}
