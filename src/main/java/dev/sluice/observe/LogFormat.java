package dev.sluice.observe;

/** Formats a request as one line of the access log. Text from outside can end neither the line nor its field. */
interface LogFormat {

    /** Appends the line, without a line end. Called by one thread at a time. */
    void append(Transaction transaction, StringBuilder line);
}
