package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What is left over after everything hostile has been tried. */
interface HostileAftermathContract
        extends HostileFramingContract, HostileTargetLineContract, HostilePathContract, HostileClientsContract {

    /** Tolerance for threads, files and connections: a host's own needs vary by this much. */
    int NEAR = 8;

    /** A host's thread pool grows for a round or two, to what a crowd happens to need. A leak grows in every round. */
    int ROUNDS = 6;

    /** Runs last of all tests. The first round is for what a host creates once and keeps. */
    @Test
    @Order(Integer.MAX_VALUE)
    default void nothingIsLeftOfIt() throws IOException {
        HostProcess host = stage().host();
        tryAll();
        assumeTrue(host.threads() >= 0, "this system does not tell");
        int threads;
        int files;
        int connections;
        int round = 0;
        do {
            threads = host.threads();
            files = host.openFiles();
            connections = stage().scripted().openConnections();
            tryAll();
        } while (host.threads() > threads + NEAR && ++round < ROUNDS);
        awaitAtMost(threads + NEAR, "threads", host::threads);
        awaitAtMost(files + NEAR, "open files", host::openFiles);
        awaitAtMost(connections + NEAR, "connections to the target", stage().scripted()::openConnections);
    }

    private static void awaitAtMost(int most, String what, Callable<Integer> count) {
        await(what).until(count, now -> now <= most);
    }

    /** Also asserts that other clients are served afterwards. */
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
        assertAllIsWell();
    }

    private void assertAllIsWell() throws IOException {
        Scene scene = scene(Script.OK);
        for (int i = 0; i < 100; i++) {
            assertThat(get("/scripted", scene).status()).isEqualTo(200);
        }
    }
}
