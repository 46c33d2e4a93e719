package dev.sluice.forward;

import dev.sluice.forward.container.Container;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * Thrown to show a client that its response broke off after the head had gone out. Only an exception from the servlet
 * makes every host cut the connection; completing the exchange would end a chunked body as if it were complete. So the
 * request is dispatched once more, and that dispatch throws this. A Tomcat without error pages must be told as well.
 */
public final class BrokenOff extends ServletException {

    private static final String ATTRIBUTE = BrokenOff.class.getName();
    private static final long serialVersionUID = 1;

    private BrokenOff(@Nullable Throwable cause) {
        super("The response broke off", cause);
    }

    /** Leaves the stack trace out: it would show the host's frames only. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }

    /** To be called first for every request: throws if this is the second dispatch of one whose response broke off. */
    public static void rethrow(HttpServletRequest clientRequest, HttpServletResponse clientResponse) throws BrokenOff {
        if (clientRequest.getAttribute(ATTRIBUTE) instanceof BrokenOff brokenOff) {
            Container.of(clientRequest).cutOff(clientResponse);
            throw brokenOff;
        }
    }

    /** Marks a request whose response is broken: its next {@link AsyncContext#dispatch} throws. */
    static void mark(HttpServletRequest clientRequest, @Nullable Throwable cause) {
        clientRequest.setAttribute(ATTRIBUTE, new BrokenOff(cause));
    }
}
