package dev.sluice.balance;

import dev.sluice.config.AlgorithmName;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntUnaryOperator;

/** From an algorithm's name to the algorithm. */
public final class Algorithms {

    private Algorithms() {}

    /** A new algorithm of that name, for one target group. */
    public static Algorithm create(AlgorithmName name) {
        return create(name, bound -> ThreadLocalRandom.current().nextInt(bound));
    }

    /** @param random from a bound to a number from 0 to below it */
    static Algorithm create(AlgorithmName name, IntUnaryOperator random) {
        return switch (name) {
            case ROUND_ROBIN -> new RoundRobin();
            case WEIGHTED, STICKY -> new WeightedRoundRobin(); // sticky: for requests without a session
            case LRT -> new LeastResponseTime(random);
            case LEAST_OUTSTANDING_REQUESTS -> new LeastOutstandingRequests(random);
        };
    }
}
