package dev.sluice.forward.container;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.lang.reflect.Method;
import java.nio.channels.ClosedChannelException;
import java.util.function.LongUnaryOperator;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's own request and response behind those of the Servlet API, whose classes differ from one Jetty environment to
 * another. Used only where {@link Container} is Jetty: elsewhere these classes are missing. Stateless.
 */
public final class JettyApi {

    private static final ClassValue<Method> REQUEST = getter("getRequest");
    private static final ClassValue<Method> RESPONSE = getter("getResponse");
    private static final ClassValue<Method> CLOSED = getter("isClosed");

    private JettyApi() {}

    /**
     * The request behind what filters may have wrapped it in.
     *
     * @throws IllegalStateException if this version of Jetty is not supported
     */
    public static Request request(HttpServletRequest clientRequest) {
        return (Request) behind(Container.unwrapped(clientRequest), REQUEST);
    }

    /**
     * The response, which no filter may have wrapped.
     *
     * @throws IllegalStateException if this version of Jetty is not supported
     */
    public static Response response(HttpServletResponse clientResponse) {
        return (Response) behind(clientResponse, RESPONSE);
    }

    /** As {@link Container#isHandlersRefusal}. */
    static boolean isRefusal(Throwable failure) {
        return failure instanceof HttpException refusal && refusal.getCode() >= HttpStatus.INTERNAL_SERVER_ERROR_500;
    }

    /** Whether writing has failed as it does when the client's connection, or its stream, has ended. */
    static boolean isOfConnection(Throwable failure) {
        return failure instanceof EOFException
                || failure instanceof ClosedChannelException
                || failure.getCause() instanceof IllegalStateException;
    }

    /** As {@link Container#hasClosed}. */
    static boolean hasClosed(ServletOutputStream out) {
        return (boolean) behind(out, CLOSED);
    }

    /**
     * As {@link Container#startAsync}. Jetty parses the path, for a dispatch to it, as a reference, and takes {@code //a;x}
     * for an authority that is malformed.
     */
    static AsyncContext startAsync(HttpServletRequest clientRequest, HttpServletResponse clientResponse) {
        HttpServletRequest atRoot = new HttpServletRequestWrapper(clientRequest) {
            @Override
            public String getRequestURI() {
                return getContextPath() + "/";
            }
        };
        return clientRequest.startAsync(atRoot, clientResponse);
    }

    /**
     * As {@link Container#mayIdle}. By itself, Jetty ends a request whose client has not sent everything after the idle
     * time-out of its connections.
     */
    static void mayIdle(HttpServletRequest clientRequest, long millis) {
        changeIdleTimeout(
                clientRequest, current -> millis == 0 || (current > 0 && current < millis) ? millis : current);
    }

    /** As {@link Container#mayIdleNoLonger}. */
    static void mayIdleNoLonger(HttpServletRequest clientRequest, long millis) {
        changeIdleTimeout(clientRequest, current -> current <= 0 || current > millis ? millis : current);
    }

    /** As {@link Container#cameWithBody}. */
    static boolean cameWithBody(HttpServletRequest clientRequest) {
        HttpFields asTheyCame = Request.unWrap(request(clientRequest)).getHeaders();
        return asTheyCame.getLongField(HttpHeader.CONTENT_LENGTH) > 0
                || asTheyCame.contains(HttpHeader.TRANSFER_ENCODING);
    }

    /** As {@link Container#isSecure}. */
    static boolean isSecure(HttpServletRequest clientRequest) {
        Request request = request(clientRequest);
        return isMadeSecure(request) || request.getConnectionMetaData().isSecure();
    }

    /** Whether a request in clear text counts as one over TLS, as by a ForwardedRequestCustomizer. */
    static boolean isMadeSecure(HttpServletRequest clientRequest) {
        return isMadeSecure(request(clientRequest));
    }

    private static boolean isMadeSecure(Request request) {
        return request.isSecure() && !Request.unWrap(request).isSecure();
    }

    /** As {@link Container#tlsVersion}. Behind the PROXY protocol there is no session, only what the proxy tells of it. */
    static @Nullable String tlsVersion(HttpServletRequest clientRequest) {
        return clientRequest.getAttribute(EndPoint.SslSessionData.ATTRIBUTE) instanceof EndPoint.SslSessionData tls
                        && tls.sslSession() != null
                ? tls.sslSession().getProtocol()
                : null;
    }

    /** Jetty hands out its stream only to be wrapped. */
    private static void changeIdleTimeout(HttpServletRequest clientRequest, LongUnaryOperator change) {
        Request request = request(clientRequest);
        try {
            request.addHttpStreamWrapper(stream -> {
                long current = stream.getIdleTimeout();
                long next = change.applyAsLong(current);
                if (next != current) {
                    stream.setIdleTimeout(next);
                }
                return stream;
            });
        } catch (IllegalStateException e) {
            // the stream has just ended, as Jetty reports
        }
    }

    /**
     * Throws away a piece of a body that was not asked for, if one has come, without asking for it. Then Jetty knows that
     * its client does not wait, and lets the rest be read. To be called only over HTTP/1, while nobody else reads; takes no
     * lock, and calls nobody.
     *
     * @return how many bytes; 0 if nothing has come
     */
    public static int skipUnasked(HttpServletRequest clientRequest) {
        Content.Chunk chunk = request(clientRequest).read();
        if (chunk == null) {
            return 0;
        }
        int bytes = chunk.remaining();
        chunk.release();
        return bytes;
    }

    /** As {@link Container#hasForgotten}. The classes of HTTP/2 are not there for applications. */
    static boolean hasForgotten(HttpServletRequest clientRequest) {
        Request request = request(clientRequest);
        try {
            Object connection = request.getConnectionMetaData().getConnection();
            Object session = connection.getClass().getMethod("getSession").invoke(connection);
            Method getStream = session.getClass().getMethod("getStream", int.class);
            return getStream.invoke(session, Integer.parseInt(request.getId())) == null;
        } catch (IllegalStateException e) { // the request is over
            return true;
        } catch (ReflectiveOperationException | NumberFormatException e) { // another version of HTTP
            return false;
        }
    }

    private static Object behind(Object servlets, ClassValue<Method> getter) {
        try {
            return getter.get(servlets.getClass()).invoke(servlets);
        } catch (ReflectiveOperationException e) {
            throw unsupported(e);
        }
    }

    private static ClassValue<Method> getter(String name) {
        return new ClassValue<>() {
            @Override
            protected Method computeValue(Class<?> type) {
                try {
                    return type.getMethod(name);
                } catch (NoSuchMethodException e) {
                    throw unsupported(e);
                }
            }
        };
    }

    private static IllegalStateException unsupported(ReflectiveOperationException cause) {
        return new IllegalStateException("This version of Jetty is not supported", cause);
    }
}
