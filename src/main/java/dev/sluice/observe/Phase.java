package dev.sluice.observe;

/**
 * The phases of a request in order, each with the letter of HAProxy's log: the second of the two of its termination
 * state.
 */
public enum Phase {
    /** The request is being read and matched. */
    REQUEST('R'),
    /** The request waits for room at a target. */
    QUEUE('Q'),
    /** The request has a target and waits for a connection. */
    CONNECT('C'),
    /** The request is being sent, or has been, and waits for the head of the response. */
    HEADERS('H'),
    /** The response is being forwarded, or a tunnel is open. */
    DATA('D'),
    /** The target has sent the whole response, and the client has not yet got all of it. */
    LAST('L');

    private final char letter;

    Phase(char letter) {
        this.letter = letter;
    }

    /** The letter in the log. */
    public char letter() {
        return letter;
    }
}
