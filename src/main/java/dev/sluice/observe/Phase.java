package dev.sluice.observe;

/** How far a request has come, in the letters that HAProxy's operators know: the second of the two in its log. In the order in which they follow. */
public enum Phase {
    /** The request is read and matched. */
    REQUEST('R'),
    /** It waits for room at a target. */
    QUEUE('Q'),
    /** It has a target, and waits for a connection to it. */
    CONNECT('C'),
    /** It was sent, at least its head, and waits for the head of the answer. */
    HEADERS('H'),
    /** The answer is on its way; or bytes pass through a tunnel. */
    DATA('D'),
    /** The target has sent all of the answer, and the client does not have all of it. */
    LAST('L');

    private final char letter;

    Phase(char letter) {
        this.letter = letter;
    }

    /** As it is in the log. */
    public char letter() {
        return letter;
    }
}
