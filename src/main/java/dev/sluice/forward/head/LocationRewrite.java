package dev.sluice.forward.head;

import dev.sluice.config.IpAddress;
import dev.sluice.routing.Rule;
import java.util.Set;
import org.apache.hc.core5.http.HttpHost;
import org.jspecify.annotations.Nullable;

/**
 * Converts references to the target's own address, in one response, to ones that the client can request: the reverse of
 * the rule's rewriting. References to anywhere else stay as they are, byte for byte. Immutable.
 *
 * @param rule the rule that the request matched
 * @param requestPath the path that the client requested, raw
 * @param basePath of the target
 * @param passedHost the client's Host if the target got that and so may take it for its own; else null
 * @param scheme the scheme that the client used
 * @param host the host that the client used; null if it stated none
 */
record LocationRewrite(
        Rule<?> rule,
        String requestPath,
        HttpHost target,
        String basePath,
        @Nullable String passedHost,
        String scheme,
        @Nullable String host) {

    private static final Set<String> SCHEMES = Set.of("http", "https");

    /**
     * The value of a Location or Content-Location field (RFC 9110 sections 10.2.2 and 8.7) as the client gets it.
     *
     * @param location a reference of any kind, possibly malformed
     */
    String rewrite(String location) {
        int colon = location.indexOf("://");
        String said = colon < 0 ? "" : location.substring(0, colon);
        if (location.startsWith("//")) {
            return rewritten(location, "//", target.getSchemeName());
        } else if (location.startsWith("/")) {
            String path = reversed(location);
            return path == null || namesHost(path) ? location : path;
        } else if (said.equalsIgnoreCase(target.getSchemeName()) || SCHEMES.contains(said)) {
            return rewritten(location, said + "://", said);
        }
        return location;
    }

    /**
     * Whether a reference that begins with a slash names another host: for browsers, tabs are not there, and a backslash
     * is a slash (WHATWG URL Standard, sections 4.4 and 4.5).
     */
    private static boolean namesHost(String reference) {
        String seen = reference.replace("\t", "");
        return seen.startsWith("//") || seen.startsWith("/\\");
    }

    private String rewritten(String location, String before, String itsScheme) {
        int end = before.length();
        while (end < location.length() && "/?#".indexOf(location.charAt(end)) < 0) {
            end++;
        }
        String authority = location.substring(before.length(), end);
        boolean isTargets = itsScheme.equalsIgnoreCase(target.getSchemeName()) && isTargets(authority);
        if (host == null || !(isTargets || authority.equalsIgnoreCase(passedHost))) {
            return location;
        }
        String rest = reversed(location.substring(end));
        boolean leadsToTls = !isTargets && before.equalsIgnoreCase("https://"); // to where the client is not yet, maybe
        String start = before.equals("//") ? before : (leadsToTls ? "https" : scheme) + "://";
        return rest == null ? location : start + host + rest;
    }

    /** The path for the client to request, with query and fragment; null if it is outside of what the rule rewrites. */
    private @Nullable String reversed(String pathAndMore) {
        int end = 0;
        while (end < pathAndMore.length() && "?#".indexOf(pathAndMore.charAt(end)) < 0) {
            end++;
        }
        String path = rule.reverse(pathAndMore.substring(0, end), basePath, requestPath);
        return path == null ? null : path + pathAndMore.substring(end);
    }

    private boolean isTargets(String authority) {
        int colon = authority.lastIndexOf(':');
        if (colon < authority.lastIndexOf(']')) {
            colon = -1; // part of an IPv6 address without a port
        }
        String name = colon < 0 ? authority : authority.substring(0, colon);
        String port = colon < 0 ? Integer.toString(defaultPort()) : authority.substring(colon + 1);
        return port.equals(Integer.toString(target.getPort()))
                && (name.equalsIgnoreCase(target.getHostName()) || isTargetsAddress(name));
    }

    private boolean isTargetsAddress(String name) {
        return target.getAddress().equals(IpAddress.parse(name));
    }

    private int defaultPort() {
        return target.getSchemeName().equals("https") ? 443 : 80;
    }
}
