package dev.sluice.config;

/** The algorithms that LOAD_BALANCING_ALGORITHM and TARGET_GROUP_&lt;N&gt;_ALGORITHM may name. */
public enum AlgorithmName {
    ROUND_ROBIN,
    WEIGHTED,
    STICKY,
    LRT,
    LEAST_OUTSTANDING_REQUESTS
}
