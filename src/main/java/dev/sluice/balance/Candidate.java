package dev.sluice.balance;

/** What an algorithm may know of a target. What it counts changes at any time; safe for use by many threads. */
public interface Candidate {

    /** Its share of the requests in proportion to the others' weights; at least 1. */
    int weight();

    /** How much of its weight counts now: above 0, and 1 unless it starts slowly. */
    double share();

    /** How many requests it has now. */
    int inFlight();

    /** How quick it was of late. */
    ResponseTime responseTime();
}
