package dev.sluice.balance;

import dev.sluice.config.AlgorithmName;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntUnaryOperator;

/** Creates algorithms by name. */
public final class Algorithms {

    private Algorithms() {}

    /** Creates an algorithm for one target group. */
    public static Algorithm create(AlgorithmName name) {
        return create(name, bound -> ThreadLocalRandom.current().nextInt(bound));
    }

    /** @param random returns a number from 0 (inclusive) to its argument (exclusive) */
    static Algorithm create(AlgorithmName name, IntUnaryOperator random) {
        return switch (name) {
            case ROUND_ROBIN -> new RoundRobin();
            case WEIGHTED, STICKY -> new WeightedRoundRobin(); // STICKY: for requests without a session
            case LRT -> new LeastResponseTime(random);
            case LEAST_OUTSTANDING_REQUESTS -> new LeastOutstandingRequests(random);
        };
    }
}
