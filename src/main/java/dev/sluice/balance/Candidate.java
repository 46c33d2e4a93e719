package dev.sluice.balance;

/** What an algorithm may know about a target. Its figures may change at any time. Safe for use by many threads. */
public interface Candidate {

    /** Its share of the requests relative to the others' weights; 0 if it is about to be a candidate no longer. */
    int weight();

    /** The number of requests in flight. */
    int inFlight();

    /** Its recent response times. */
    ResponseTime responseTime();
}
