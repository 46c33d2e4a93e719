package dev.sluice.routing;

/** A request path that is malformed, or that two readers could read differently: a 400. It has no stack trace. */
public final class AmbiguousPathException extends RuntimeException {

    AmbiguousPathException(String message) {
        super(message, null, false, false);
    }
}
