package dev.sluice.admin;

import dev.sluice.config.AdminConfiguration;
import dev.sluice.config.IpAddress;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.util.Collections;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks that a request comes from a client that may see what is at ADMIN_PATH: from an address that is allowed, not
 * from another site's page in a browser there, and, unless ADMIN_ALLOW is set, neither by a proxy nor for any other
 * host than this machine. A change needs an {@link Authorization} as well. Immutable.
 */
final class Access {

    /** Header fields that proxies add to requests. */
    private static final Pattern BY_PROXY =
            Pattern.compile("Forwarded|X[-_]Forwarded[-_].*|X[-_]Real[-_]IP|Via", Pattern.CASE_INSENSITIVE);

    /** The names of this machine that no name server can give to another address (RFC 6761 section 6.3). */
    private static final Pattern LOCALHOST = Pattern.compile("(?:.+\\.)?localhost\\.?", Pattern.CASE_INSENSITIVE);

    private final AdminConfiguration configuration;

    Access(AdminConfiguration configuration) {
        this.configuration = configuration;
    }

    /** Why the client may not see what is at ADMIN_PATH, for the log; null if it may. */
    @Nullable
    String obstacle(HttpServletRequest request) {
        if (!configuration.allows(request.getRemoteAddr())) {
            return request.getRemoteAddr() + " may not see what is at ADMIN_PATH";
        }
        if (isOfAnotherSite(request)) {
            return "a page of another site made the browser at " + request.getRemoteAddr() + " send it";
        }
        return configuration.allowsProxies() ? null : obstacleOfThisMachine(request);
    }

    /**
     * A browser says so itself. It may follow a link of another site, which then does not see the page. In clear text,
     * except to this machine, it tells only the origin, and not even that where the other site cannot read the answer.
     */
    private static boolean isOfAnotherSite(HttpServletRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        if (site != null) {
            return site.equals("cross-site") && !"navigate".equals(request.getHeader("Sec-Fetch-Mode"));
        }
        String origin = request.getHeader("Origin");
        return origin != null && !origin.equalsIgnoreCase(ownOrigin(request));
    }

    /** RFC 6454 section 6.2. */
    private static String ownOrigin(HttpServletRequest request) {
        int port = request.getServerPort();
        return request.getScheme() + "://" + request.getServerName()
                + (port == ("https".equals(request.getScheme()) ? 443 : 80) ? "" : ":" + port);
    }

    /** Why the client is not on this machine although its address is, or not on its own behalf; null if it is. */
    private static @Nullable String obstacleOfThisMachine(HttpServletRequest request) {
        if (Collections.list(request.getHeaderNames()).stream()
                .anyMatch(name -> BY_PROXY.matcher(name).matches())) {
            return "it came by a proxy at " + request.getRemoteAddr()
                    + ", which may not see what is at ADMIN_PATH unless ADMIN_ALLOW is set";
        }
        if (!isThisMachine(request.getServerName())) {
            return request.getRemoteAddr() + " asked for the host " + request.getServerName()
                    + "; what is at ADMIN_PATH is only at localhost unless ADMIN_ALLOW is set";
        }
        return null;
    }

    /**
     * Whether a host is named as only this machine can be. A site can let its own name resolve to this machine, and
     * then read the pages in the browser of whoever visits it.
     */
    private static boolean isThisMachine(@Nullable String host) {
        if (host == null) {
            return false; // the client has already gone
        }
        InetAddress address = IpAddress.parse(host);
        return address == null ? LOCALHOST.matcher(host).matches() : address.isLoopbackAddress();
    }
}
