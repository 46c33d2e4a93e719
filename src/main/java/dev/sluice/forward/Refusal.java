package dev.sluice.forward;

import dev.sluice.forward.Failure.Kind;

/**
 * Why a request is answered at once, and no target is to see it. Has no stack trace, because it is an ordinary outcome.
 */
public final class Refusal extends Exception {

    private static final long serialVersionUID = 1;

    private final transient Failure failure;

    private Refusal(Kind kind) {
        this(new Failure(kind, null));
    }

    private Refusal(Failure failure) {
        super(failure.text(), null, false, false);
        this.failure = failure;
    }

    /** It is malformed, or two readers could read it differently. */
    public static Refusal invalid(String fault) {
        return new Refusal(new Failure(Kind.INVALID, null, fault));
    }

    /** A request with its method is never forwarded. */
    public static Refusal method() {
        return new Refusal(Kind.METHOD);
    }

    /**
     * Path and query are too long.
     *
     * @param maxBytes how long they may be together
     */
    public static Refusal uriTooLong(int maxBytes) {
        return new Refusal(
                new Failure(Kind.URI_TOO_LONG, null, "path and query have more than " + maxBytes + " bytes"));
    }

    /** It has been here before. */
    public static Refusal loop() {
        return new Refusal(Kind.LOOP);
    }

    /** No rule matches its path. */
    public static Refusal noRule() {
        return new Refusal(Kind.NO_RULE);
    }

    /** It declares a larger body than its group accepts. */
    public static Refusal tooLarge() {
        return new Refusal(Kind.TOO_LARGE);
    }

    Failure failure() {
        return failure;
    }
}
