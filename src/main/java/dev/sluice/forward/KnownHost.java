package dev.sluice.forward;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * A host whose own API does what the Servlet API cannot: tunnels in both, interim responses in Jetty. On any other
 * host, a request for an upgrade is forwarded like any other request.
 */
enum KnownHost {
    TOMCAT("org.apache.catalina.", "org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler"),
    JETTY("org.eclipse.jetty.", "org.eclipse.jetty.server.HttpStream");

    private final String packages;
    private final boolean isAccessible;

    KnownHost(String packages, String api) {
        this.packages = packages;
        this.isAccessible = isAccessible(api);
    }

    private static boolean isAccessible(String className) {
        try {
            Class.forName(className, false, KnownHost.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /**
     * Jetty's own object behind a request or response of the Servlet API, whose class differs from one Jetty
     * environment to another.
     */
    static <T> T behind(Object servlets, String getter, Class<T> type) {
        try {
            return type.cast(servlets.getClass().getMethod(getter).invoke(servlets));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("This version of Jetty is not supported", e);
        }
    }

    /** The host of this request, whatever it calls itself; null if it is not known, or its API is not accessible. */
    static @Nullable KnownHost of(HttpServletRequest clientRequest) {
        String context = clientRequest.getServletContext().getClass().getName();
        for (KnownHost host : values()) {
            if (context.startsWith(host.packages)) {
                return host.isAccessible ? host : null;
            }
        }
        return null;
    }
}
