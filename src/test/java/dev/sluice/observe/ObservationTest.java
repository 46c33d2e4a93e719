package dev.sluice.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ObservationTest {

    /** Records are handed over before the response is completed: an Error used to cost the client its response. */
    @Test
    void whatAnObserverThrowsKeepsNobodyFromTheEnd() {
        List<Transaction> told = new ArrayList<>();
        Observation observation = new Observation(List.of(
                transaction -> {
                    throw new StackOverflowError("for a test");
                },
                told::add));
        Transaction transaction = observation.begin("GET", "/", null, "HTTP/1.1", null);
        transaction.end(0, 0);
        assertThat(told).containsExactly(transaction);
    }
}
