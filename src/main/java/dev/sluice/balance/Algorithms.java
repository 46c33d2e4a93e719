package dev.sluice.balance;

import dev.sluice.config.AlgorithmName;

/** From an algorithm's name to the algorithm. */
public final class Algorithms {

    private Algorithms() {}

    /** A new algorithm of that name, for one target group. */
    public static Algorithm create(AlgorithmName name) {
        return switch (name) {
            case ROUND_ROBIN -> new RoundRobin();
        };
    }
}
