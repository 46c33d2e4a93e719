package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What is left when all that was hostile has been tried. */
interface HostileAftermathContract
        extends HostileFramingContract, HostileTargetLineContract, HostilePathContract, HostileClientsContract {

    /** Of threads, files, and connections: what a host needs for itself varies by so much. */
    int NEAR = 8;

    /** The last of all tests: the first round is for what a host makes once and keeps. */
    @Test
    @Order(Integer.MAX_VALUE)
    default void nothingIsLeftOfIt() throws IOException {
        HostProcess host = stage().host();
        tryAll();
        assertAllIsWell();
        int threads = host.threads();
        int files = host.openFiles();
        int connections = stage().scripted().openConnections();
        assumeTrue(threads >= 0, "this system does not tell");
        tryAll();
        assertAllIsWell();
        await().until(() -> host.threads() <= threads + NEAR
                && host.openFiles() <= files + NEAR
                && stage().scripted().openConnections() <= connections + NEAR);
    }

    private void tryAll() throws IOException {
        List<HostileRequest> all = Stream.of(
                        transferCodings(),
                        lengths(),
                        chunks(),
                        fields(),
                        hosts(),
                        requestLines(),
                        versions(),
                        absoluteForms(),
                        paths())
                .flatMap(rows -> rows)
                .toList();
        for (HostileRequest tried : all) {
            send(tried, scene(Script.OK));
        }
        aClientMayLeaveAtAnyByte("Content-Length: 5\r\n\r\nhello");
        aClientMayLeaveWithAllOfItsAnswersUnread();
    }

    private void assertAllIsWell() throws IOException {
        Scene scene = scene(Script.OK);
        for (int i = 0; i < 100; i++) {
            assertThat(get("/scripted", scene).status()).isEqualTo(200);
        }
    }
}
