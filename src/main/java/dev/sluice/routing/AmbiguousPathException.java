package dev.sluice.routing;

/** A request path is malformed or open to more than one reading. Answered with 400. Has no stack trace. */
public final class AmbiguousPathException extends RuntimeException {

    AmbiguousPathException(String message) {
        super(message, null, false, false);
    }
}
