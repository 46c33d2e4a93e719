package dev.sluice.config;

/** The values of LOAD_BALANCING_ALGORITHM and TARGET_GROUP_&lt;N&gt;_ALGORITHM. */
public enum AlgorithmName {
    ROUND_ROBIN,
    WEIGHTED,
    STICKY,
    LRT,
    LEAST_OUTSTANDING_REQUESTS
}
