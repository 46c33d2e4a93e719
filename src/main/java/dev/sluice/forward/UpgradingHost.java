package dev.sluice.forward;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * A host that makes tunnels of its clients' connections. Each does so by an API of its own, for the Servlet API's falls short in each. What
 * another host is asked to upgrade is forwarded like any other request.
 */
enum UpgradingHost {
    TOMCAT("Apache Tomcat", "org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler"),
    JETTY("jetty/", "org.eclipse.jetty.server.HttpStream");

    private final String name;
    private final boolean isAccessible;

    UpgradingHost(String name, String api) {
        this.name = name;
        this.isAccessible = isAccessible(api);
    }

    private static boolean isAccessible(String className) {
        try {
            Class.forName(className, false, UpgradingHost.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** The host of this request; null if it makes no tunnels. */
    static @Nullable UpgradingHost of(HttpServletRequest clientRequest) {
        String info = String.valueOf(clientRequest.getServletContext().getServerInfo());
        for (UpgradingHost host : values()) {
            if (info.startsWith(host.name)) {
                return host.isAccessible ? host : null;
            }
        }
        return null;
    }
}
