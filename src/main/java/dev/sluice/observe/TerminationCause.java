package dev.sluice.observe;

/**
 * Who or what ended a request, with the letter of HAProxy's log: the first of the two of its termination state
 * ("session state at disconnection").
 */
public enum TerminationCause {
    /** The request ended normally, whatever its status. */
    NONE('-'),
    /** The client left, or broke off its request. */
    CLIENT('C'),
    /** The target refused or broke off the connection, or no target was available. */
    TARGET('S'),
    /** Sluice refused the request, or the response, which was not valid HTTP. */
    PROXY('P'),
    /** Every target, and the queue, had as many requests as they may. */
    RESOURCE('R'),
    /** An unexpected error in Sluice. */
    INTERNAL('I'),
    /** The target had left its group, and its time to finish was over. */
    DEREGISTERED('D'),
    /** Sluice was stopped. */
    KILLED('K'),
    /** Sluice answered the request itself, since no rule matches. */
    LOCAL('L'),
    /** The client did not send or read anything in time. */
    CLIENT_TIMEOUT('c'),
    /** The target did not connect or send anything in time, or no target had room in time. */
    TARGET_TIMEOUT('s');

    private final char letter;

    TerminationCause(char letter) {
        this.letter = letter;
    }

    /** The letter in the log. */
    public char letter() {
        return letter;
    }
}
