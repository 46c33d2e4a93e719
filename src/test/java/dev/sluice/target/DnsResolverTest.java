package dev.sluice.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.DnsConfiguration;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.contract.wire.DnsServer;
import dev.sluice.contract.wire.DnsServer.Trouble;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a name that does not resolve; the contract suite covers the rest. */
class DnsResolverTest {

    @ParameterizedTest
    @CsvSource({
        "SERVFAIL, A: SERVFAIL",
        "SILENCE, A: no answer in time",
        "NXDOMAIN, a.test has no address",
        "EMPTY, a.test has no address",
    })
    void theReasonIsTheResponseCodeOrTheTimeOut(Trouble trouble, String reason) throws Exception {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        try (DnsServer server = new DnsServer();
                DnsResolver resolver = new DnsResolver(configuration(server), Runnable::run, timer)) {
            server.begin(trouble, "a.test");
            assertThat(resolver.resolve(new TargetConfiguration("a.test", 80, "", 1))
                            .toCompletableFuture()
                            .get()
                            .problem())
                    .isEqualTo(reason);
        } finally {
            timer.shutdownNow();
        }
    }

    private static DnsConfiguration configuration(DnsServer server) {
        int port = Integer.parseInt(server.address().substring(server.address().indexOf(':') + 1));
        return new DnsConfiguration(
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
                DnsConfiguration.DEFAULT.minTtl(),
                DnsConfiguration.DEFAULT.maxTtl());
    }
}
