package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.wire.Fault;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which faults of a target a client notices, and which it does not. {@link FaultMatrixIT} has the complete table. */
interface FaultsContract extends Contract {

    /** More than fits into the buffers on the way, and less than is kept for retries. */
    int BODY = 60_000;

    private List<Integer> threeTimes(String method, String group, Scene scene, int body) throws IOException {
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (Wire client = connect()) {
                sendHead(client, method + " /" + group + " HTTP/1.1", scene, "Content-Length: " + body);
                statuses.add(client.send("b".repeat(body)).readReply().status());
            }
        }
        return statuses;
    }

    @ParameterizedTest
    @CsvSource({"RESETS", "CLOSES", "CLOSES_INSIDE_ITS_HEAD", "IS_SILENT"})
    default void aGetIsAnsweredByAnotherTarget(Fault fault) throws IOException {
        Scene scene = scene(fault.at("a"));
        assertThat(threeTimes("GET", "faulty", scene, 0)).containsOnly(200);
        assertThat(scene.targets()).contains("a");
    }

    @ParameterizedTest
    @CsvSource({"RESETS", "CLOSES_INSIDE_ITS_HEAD"})
    default void aBodyThatIsKeptIsSentToAnotherTarget(Fault fault) throws IOException {
        Scene scene = scene(fault.at("a"));
        assertThat(threeTimes("PUT", "faulty", scene, BODY)).containsOnly(200);
        assertThat(scene.targets()).contains("a");
        assertThat(scene.texts()).containsOnly("b".repeat(BODY));
    }

    @ParameterizedTest
    @CsvSource({"RESETS, 502", "CLOSES, 502", "CLOSES_INSIDE_ITS_HEAD, 502", "IS_SILENT, 504"})
    default void aPostThatWasSentIsNotSentAgain(Fault fault, int status) throws IOException {
        Scene scene = scene(fault.at("a"));
        assertThat(threeTimes("POST", "faulty", scene, BODY)).containsExactlyInAnyOrder(status, 200, 200);
        assertThat(scene.targets()).containsExactlyInAnyOrder("a", "b", "c");
    }

    @ParameterizedTest
    @CsvSource({"GET, 0", "PUT, 60000"})
    default void anAnswerWithAStatusToBeTriedAgainIsNotPassedOn(String method, int body) throws IOException {
        Scene scene = scene(Fault.ANSWERS_500.at("a"));
        assertThat(threeTimes(method, "faulty-on-status", scene, body)).containsOnly(200);
        assertThat(scene.targets()).contains("a");
    }

    /**
     * No other test uses this group: a request that fails on a kept-alive connection may be repeated on a new one,
     * which would be one more request.
     */
    @ParameterizedTest
    @CsvSource({"GET, 0, 3", "PUT, 60000, 3", "POST, 60000, 1"})
    default void whereAllTargetsResetEachIsTriedOnceAtMost(String method, int body, int attempts) throws IOException {
        Scene scene = scene(Fault.RESETS.at("x", "y", "z"));
        try (Wire client = connect()) {
            sendHead(client, method + " /all-faulty HTTP/1.1", scene, "Content-Length: " + body);
            assertOwnResponse(client.send("b".repeat(body)).readReply(), 502);
        }
        assertThat(scene.targets()).hasSize(attempts).doesNotHaveDuplicates();
        assertThat(scene.texts()).containsOnly("b".repeat(body));
    }
}
