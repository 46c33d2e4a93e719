package dev.sluice.balance;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** A candidate with a name, whose weight and counters a test sets. */
final class TestCandidate implements Candidate {

    final String name;
    final AtomicInteger inFlight = new AtomicInteger();
    int weight;
    private final ResponseTime responseTime;

    TestCandidate(String name, int weight, LongSupplier nanoClock) {
        this.name = name;
        this.weight = weight;
        this.responseTime = new ResponseTime(nanoClock);
    }

    TestCandidate(String name, int weight) {
        this(name, weight, () -> 0);
    }

    @Override
    public int weight() {
        return weight;
    }

    @Override
    public double share() {
        return 1;
    }

    @Override
    public int inFlight() {
        return inFlight.get();
    }

    @Override
    public ResponseTime responseTime() {
        return responseTime;
    }

    @Override
    public String toString() {
        return name;
    }
}
