package dev.sluice.contract;

import dev.sluice.contract.host.Host;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** All contracts, for one host. A new theme is one more interface. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // most have none
@Timeout(120)
abstract class Contracts
        implements RoutingContract,
                HeadersContract,
                BodiesContract,
                LimitsContract,
                StreamingContract,
                TrailersContract,
                InterimResponsesContract,
                TunnelsContract,
                FailuresContract,
                FaultsContract,
                ClientsContract,
                AccessLogContract,
                HostileFramingContract,
                HostileTargetLineContract,
                HostilePathContract,
                HostileResponsesContract,
                HostileClientsContract,
                HostileAftermathContract,
                BalancingContract,
                AdminContract,
                MetricsContract {

    private final Host host;
    private Stage stage;

    Contracts(Host host) {
        this.host = host;
    }

    @BeforeAll
    void open() throws IOException {
        stage = new Stage(host);
        stage.awaitReady();
    }

    @AfterAll
    void close() throws IOException {
        stage.close();
    }

    @Override
    public final Stage stage() {
        return stage;
    }
}
