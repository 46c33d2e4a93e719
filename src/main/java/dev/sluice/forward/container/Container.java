package dev.sluice.forward.container;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * The servlet container that a request came through, and how it behaves where containers differ. Two are known, whose
 * own APIs do what the Servlet API cannot: tunnels in both, interim responses in Jetty. In any other, a request for an
 * upgrade is forwarded like any other request, and the more careful of two ways is taken.
 */
public enum Container {
    TOMCAT("org.apache.catalina.", "org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler"),
    JETTY("org.eclipse.jetty.", "org.eclipse.jetty.server.HttpStream"),
    OTHER("", "java.lang.Object");

    private final String packages;
    private final boolean isAccessible;

    Container(String packages, String api) {
        this.packages = packages;
        this.isAccessible = isAccessible(api);
    }

    private static boolean isAccessible(String className) {
        try {
            Class.forName(className, false, Container.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** The container of this request, whatever it calls itself; OTHER if its API is not accessible. */
    public static Container of(HttpServletRequest clientRequest) {
        String context = clientRequest.getServletContext().getClass().getName();
        for (Container known : values()) {
            if (context.startsWith(known.packages) && known.isAccessible) {
                return known;
            }
        }
        return OTHER;
    }

    /**
     * Whether an HTTP/1 request had a body when it came (RFC 9112 section 6), whatever filters and handlers have made of its
     * fields since: whoever decodes a body removes its length.
     */
    public boolean cameWithBody(HttpServletRequest clientRequest) {
        if (this == JETTY) {
            return JettyApi.cameWithBody(clientRequest);
        }
        ServletRequest asItCame = unwrapped(clientRequest);
        return asItCame.getContentLengthLong() > 0
                || ((HttpServletRequest) asItCame).getHeader("Transfer-Encoding") != null;
    }

    /** The container's own request behind what filters may have wrapped it in. */
    static ServletRequest unwrapped(HttpServletRequest clientRequest) {
        ServletRequest inner = clientRequest;
        while (inner instanceof ServletRequestWrapper wrapper) {
            inner = wrapper.getRequest();
        }
        return inner;
    }

    /** Puts a request into async mode, whatever its path. To be called within the servlet's call. */
    public AsyncContext startAsync(HttpServletRequest clientRequest, HttpServletResponse clientResponse) {
        return this == JETTY ? JettyApi.startAsync(clientRequest, clientResponse) : clientRequest.startAsync();
    }

    /**
     * Milliseconds; 0 for none. Every wait has its own bound, but Tomcat ends requests without a time-out as soon as
     * its application stops, although that waits for them.
     */
    public long asyncTimeout() {
        return this == TOMCAT ? Long.MAX_VALUE : 0;
    }

    /** Whether a connection can become a tunnel. */
    public boolean canUpgrade() {
        return this != OTHER;
    }

    /** Whether this request's connection can: not by AJP, which Tomcat speaks to web servers. */
    public boolean canUpgrade(HttpServletRequest clientRequest) {
        return canUpgrade()
                && !(this == TOMCAT
                        && clientRequest.getServletConnection().getProtocol().equals("ajp"));
    }

    /**
     * Whether that is possible within the servlet's call only, for which a thread has to wait: see {@code Handshake}.
     */
    public boolean upgradesWithinCall() {
        return this == TOMCAT;
    }

    /** Whether a response still has its write listener after it was reset: else nobody learns of room. */
    public boolean keepsListenerAtReset() {
        return this != TOMCAT;
    }

    /** Whether a client that expects 100 Continue gets it from the container, before the servlet is called. */
    public boolean sendsContinue() {
        return this == TOMCAT;
    }

    /**
     * Whether {@link JettyApi#skipUnasked} finds out if a client sends its body that said it would wait for 100 Continue,
     * but was not asked (RFC 9110 section 10.1.1).
     */
    public boolean skipsUnasked() {
        return this == JETTY;
    }

    /** Whether a chunked body may be read on the thread that calls its listener: see {@code RequestBody}. */
    public boolean readsChunksInListener() {
        return this == JETTY;
    }

    /**
     * Whether, once it has reported an error, it reuses the request for another client even while a thread reads it.
     */
    public boolean reusesWhatIsRead() {
        return this != JETTY;
    }

    /**
     * Whether the rest of a request can be read after the end of its response. In Tomcat, closing the response closes
     * the request; from version 11 on, so does writing all of a declared length.
     */
    public boolean readsAfterResponse() {
        return this == JETTY;
    }

    /** Whether interim responses can be sent on their own, before the response. */
    public boolean sendsInterimResponses() {
        return this == JETTY;
    }

    /**
     * Lets a request over HTTP/2 be idle in both directions for at least this long, if the container has a say in that
     * and can be told.
     *
     * @param millis 0 for ever
     */
    public void mayIdle(HttpServletRequest clientRequest, long millis) {
        if (this == JETTY) {
            JettyApi.mayIdle(clientRequest, millis);
        }
    }

    /**
     * Ends what {@link #mayIdle} allows.
     *
     * @param millis how long the request may be idle at most from now on
     */
    public void mayIdleNoLonger(HttpServletRequest clientRequest, long millis) {
        if (this == JETTY) {
            JettyApi.mayIdleNoLonger(clientRequest, millis);
        }
    }

    /**
     * Sends what there is of a response, and cuts it off there, where the exception that the servlet then throws does not
     * do that. To be called on the thread on which the container serves the request.
     */
    public void cutOff(HttpServletResponse clientResponse) {
        if (this == TOMCAT) {
            TomcatApi.cutOff(clientResponse);
        }
    }

    /**
     * Whether a handler of the container's has refused a response, such as Jetty's for the size of responses, as far as the
     * container says so. Any other failure is taken for the client's.
     */
    public boolean isHandlersRefusal(Throwable failure) {
        return this == JETTY && JettyApi.isRefusal(failure);
    }

    /**
     * Whether a filter has refused a response.
     *
     * @param failure that writing has thrown
     * @param out what was written to: if it is the container's own, there is no filter
     */
    public boolean isFiltersRefusal(Throwable failure, ServletOutputStream out) {
        return !isOwn(out)
                && switch (this) {
                    case JETTY -> !JettyApi.isOfConnection(failure);
                    case TOMCAT -> !TomcatApi.isOfConnection(failure);
                    case OTHER -> false;
                };
    }

    /**
     * Whether the container takes no more of a response that it does not know the length of, although nobody has ended it:
     * something that it was given was not written, and it is about to say why. False if it cannot be asked.
     */
    public boolean hasClosed(ServletOutputStream out) {
        return this == JETTY && isOwn(out) && JettyApi.hasClosed(out);
    }

    /** Whether that may be a handler's refusal, although writing fails as if the client had left. */
    public boolean tellsRefusalsLate() {
        return this == JETTY;
    }

    private boolean isOwn(ServletOutputStream out) {
        return out.getClass().getName().startsWith(packages);
    }

    /**
     * Whether nothing more comes over the network of a request over HTTP/2: the container has all of it, or its stream was
     * reset, maybe by the container itself, which tells nobody then. False if the container cannot be asked.
     */
    public boolean hasForgotten(HttpServletRequest clientRequest) {
        return switch (this) {
            case TOMCAT -> clientRequest.isTrailerFieldsReady(); // which it says of any stream that cannot be read
            case JETTY -> JettyApi.hasForgotten(clientRequest);
            case OTHER -> false;
        };
    }

    /**
     * Whether the container has taken back what the request is made of, although nobody has ended it: then whatever it
     * is asked throws an exception, of a kind that differs from one container to another.
     */
    public static boolean hasGivenUp(HttpServletRequest clientRequest) {
        try {
            clientRequest.getProtocol();
            return false;
        } catch (RuntimeException e) {
            return true;
        }
    }

    /**
     * Whether a response of unknown length that is the last of its connection has no chunks, unless it says so: where
     * it broke off, it would look complete.
     */
    public boolean endsWithConnectionUnlessChunked() {
        return this == JETTY;
    }

    /**
     * Whether a response to HEAD over HTTP/2 is sent only if it has no write listener: with one, its end is sent, but
     * not its head.
     */
    public boolean losesListenedHeads() {
        return this == TOMCAT;
    }

    /**
     * Whether the container must have nothing left to send at the end of an HTTP/2 response: otherwise it blocks a thread
     * until the client's window has room, and closes the connection, with all that goes on there, if that thread is woken
     * for nothing, or if the client has reset the stream meanwhile.
     */
    public boolean blocksAtEnds() {
        return this == TOMCAT;
    }

    /**
     * Whether the trailers of an HTTP/2 response that is handed over as a whole, from head to trailers, overtake its body,
     * where the client's window has no room for that.
     */
    public boolean sendsTrailersAhead() {
        return this == JETTY;
    }

    /**
     * Whether HTTP/2 responses without a body end in a frame of their own. A gRPC client takes that for a response that
     * lacks the status, unless it is in the trailers.
     */
    public boolean endsEmptyResponsesApart() {
        return this == TOMCAT;
    }

    /**
     * Whether a request came over TLS, or is to count as such because the container was told so. The Servlet API of
     * Jetty believes the client, too, if that sends an absolute request-target, or a {@code :scheme} in HTTP/2.
     */
    public static boolean isSecure(HttpServletRequest clientRequest) {
        return of(clientRequest) == JETTY ? JettyApi.isSecure(clientRequest) : clientRequest.isSecure();
    }

    /**
     * The port that clients connect to: the listener's or, if the container was told that a request which came in clear text
     * had come over TLS before, the one that belongs to that.
     */
    public static int port(HttpServletRequest clientRequest) {
        boolean isMadeSecure = clientRequest.isSecure()
                && switch (of(clientRequest)) {
                    case JETTY -> JettyApi.isMadeSecure(clientRequest);
                    case TOMCAT -> tlsVersion(clientRequest) == null;
                    case OTHER -> false;
                };
        return isMadeSecure ? clientRequest.getServerPort() : clientRequest.getLocalPort();
    }

    /**
     * The version of TLS of the client's connection, such as {@code TLSv1.3}; null without TLS, or if the container does
     * not tell.
     */
    public static @Nullable String tlsVersion(HttpServletRequest clientRequest) {
        return switch (of(clientRequest)) {
            case JETTY -> JettyApi.tlsVersion(clientRequest);
            case TOMCAT -> attribute(clientRequest, "org.apache.tomcat.util.net.secure_protocol_version");
            case OTHER -> attribute(clientRequest, "jakarta.servlet.request.secure_protocol"); // from Servlet 6.1 on
        };
    }

    private static @Nullable String attribute(HttpServletRequest clientRequest, String name) {
        return clientRequest.getAttribute(name) instanceof String value ? value : null;
    }
}
