package dev.sluice.config;

/** The algorithms that LOAD_BALANCING_ALGORITHM may name. */
public enum AlgorithmName {
    ROUND_ROBIN
}
