package dev.sluice.forward.container;

import jakarta.servlet.ServletResponse;
import jakarta.servlet.ServletResponseWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.reflect.Field;
import org.apache.catalina.connector.ClientAbortException;
import org.apache.catalina.connector.Response;
import org.apache.catalina.connector.ResponseFacade;
import org.apache.coyote.ActionCode;
import org.apache.coyote.CloseNowException;

/**
 * Tomcat's own response behind that of the Servlet API, which has no way to it. Used only where {@link Container} is
 * Tomcat: elsewhere these classes are missing. Stateless.
 */
final class TomcatApi {

    private static final Field RESPONSE = response();

    private TomcatApi() {}

    private static Field response() {
        try {
            Field field = ResponseFacade.class.getDeclaredField("response");
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw unsupported(e);
        }
    }

    /**
     * As {@link Container#cutOff}. By itself, Tomcat does so only after a failure, and only where it has error pages.
     *
     * @throws IllegalStateException if this version of Tomcat is not supported
     */
    static void cutOff(HttpServletResponse clientResponse) {
        try {
            clientResponse.flushBuffer();
        } catch (IOException | IllegalStateException e) {
            // the client has gone
        }
        response(clientResponse).getCoyoteResponse().action(ActionCode.CLOSE_NOW, null);
    }

    /** Whether writing has failed as it does when the client's connection, or its stream, has ended. */
    static boolean isOfConnection(Throwable failure) {
        return failure instanceof ClientAbortException
                || failure instanceof CloseNowException
                || failure.getCause() instanceof IllegalStateException;
    }

    private static Response response(HttpServletResponse clientResponse) {
        ServletResponse inner = clientResponse;
        while (inner instanceof ServletResponseWrapper wrapper) {
            inner = wrapper.getResponse();
        }
        try {
            return (Response) RESPONSE.get(inner);
        } catch (IllegalAccessException | IllegalArgumentException e) {
            throw unsupported(e);
        }
    }

    private static IllegalStateException unsupported(Exception cause) {
        return new IllegalStateException("This version of Tomcat is not supported", cause);
    }
}
