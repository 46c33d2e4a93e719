package dev.sluice.observe;

/** Who or what ended a request, in the letters that HAProxy's operators know: the first of the two in its log ("session state at disconnection"). */
public enum TerminationCause {
    /** It ended as it should, whatever the status. */
    NONE('-'),
    /** The client left, or broke off its message. */
    CLIENT('C'),
    /** The target refused the connection, or broke it off; or there is no target that may be asked. */
    TARGET('S'),
    /** Sluice would not let it pass: a request that is refused, an answer that is not HTTP. */
    PROXY('P'),
    /** There is no room: every target has as many requests as it may, and so has the queue. */
    RESOURCE('R'),
    /** Something that should not happen here. */
    INTERNAL('I'),
    /** The target has left its group, and the time in which it could finish was over. */
    DEREGISTERED('D'),
    /** Sluice was told to stop. */
    KILLED('K'),
    /** It was answered here, for no rule leads to a target. */
    LOCAL('L'),
    /** The client did not send, or take, anything in time. */
    CLIENT_TIMEOUT('c'),
    /** The target let nothing be heard in time; or none had room. */
    TARGET_TIMEOUT('s');

    private final char letter;

    TerminationCause(char letter) {
        this.letter = letter;
    }

    /** As it is in the log. */
    public char letter() {
        return letter;
    }
}
