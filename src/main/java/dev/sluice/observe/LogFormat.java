package dev.sluice.observe;

/** How a request is written as one line. Nothing that comes from outside can end the line, or the field that it stands in. */
interface LogFormat {

    /** Appends it, without the line's end. On one thread at a time. */
    void append(Transaction transaction, StringBuilder line);
}
