package dev.sluice.balance;

/** What an algorithm may know about a target. Its figures may change at any time. Safe for use by many threads. */
public interface Candidate {

    /** Its share of the requests relative to the others' weights; 0 if it is about to leave the candidates. */
    int weight();

    /**
     * The fraction of its weight that counts now: above 0, and 1 unless it is starting slowly. Only for comparing requests
     * in flight: a target that starts slowly is eligible for no more requests than this fraction anyway.
     */
    double share();

    /** The number of requests in flight. */
    int inFlight();

    /** Its recent response times. */
    ResponseTime responseTime();
}
