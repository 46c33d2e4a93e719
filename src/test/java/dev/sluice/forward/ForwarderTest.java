package dev.sluice.forward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.ForwardedConfiguration;
import dev.sluice.config.TimeoutConfiguration;
import dev.sluice.forward.connection.Connections;
import dev.sluice.target.TargetGroup;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ForwarderTest {

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Connections connections = new Connections(timer);

    @AfterEach
    void close() {
        connections.close();
        timer.shutdownNow();
    }

    /** It used to be "1000000000 NANOSECONDS". */
    @Test
    void aTimeoutIsLoggedInMilliseconds() {
        Forwarder forwarder = new Forwarder(
                new TimeoutConfiguration(Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO),
                ForwardedConfiguration.DEFAULT,
                Set.of(),
                connections,
                new Exchanges(timer),
                TargetGroup.none(timer));
        assertThat(forwarder.timeout()).hasToString("1000 MILLISECONDS");
    }
}
