package dev.sluice.forward.head;

import dev.sluice.routing.Methods;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Enumeration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds faults in a request that the host has let through. Hosts differ in what they are strict about; where one is
 * lax, a target, or a proxy in front of the host, could read the request differently. Stateless.
 */
public final class RequestCheck {

    private static final Set<String> VERSIONS = Set.of("HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3.0");
    private static final Set<String> SCHEMES = Set.of("http", "https");

    /**
     * A name, an IPv4 or an IPv6 address, and an optional port (RFC 9110 section 7.2), without characters that never
     * occur in a DNS name.
     */
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:[A-Za-z0-9._~-]+|\\[[0-9A-Fa-f:.]+])(?::(?<port>[0-9]{0,5}))?");

    private static final int MAX_PORT = 65_535;

    /** Of one Java {@code char} in UTF-8. */
    private static final int MAX_BYTES_OF_A_CHARACTER = 3;

    private RequestCheck() {}

    /**
     * Whether path and query together exceed that many bytes, which are counted only if there are enough characters.
     */
    public static boolean isLonger(HttpServletRequest clientRequest, int maxBytes) {
        String path = clientRequest.getRequestURI();
        String query = clientRequest.getQueryString();
        int characters = path.length() + (query == null ? 0 : 1 + query.length());
        return characters > maxBytes / MAX_BYTES_OF_A_CHARACTER
                && Headers.requestTarget(path, clientRequest).length() > maxBytes;
    }

    /** The first fault found, in words for the log; null if there is none. */
    public static @Nullable String fault(HttpServletRequest request) {
        String fault = faultOfLine(request);
        fault = fault == null ? faultOfHost(request) : fault;
        fault = fault == null ? faultOfFraming(request) : fault;
        return fault == null ? faultOfFields(request) : fault;
    }

    private static @Nullable String faultOfLine(HttpServletRequest request) {
        if (!VERSIONS.contains(request.getProtocol())) {
            return "the version is unknown";
        }
        if (!FieldSyntax.isToken(request.getMethod())) {
            return "the method is malformed";
        }
        String methodFault = Methods.fault(request.getMethod());
        if (methodFault != null) {
            return methodFault;
        }
        if (!SCHEMES.contains(request.getScheme())) {
            return "the scheme is not HTTP's";
        }
        return faultOfQuery(request.getQueryString());
    }

    /**
     * Raw non-ASCII bytes do not belong in a query. Hosts decode them as UTF-8, which loses those that are not UTF-8; over
     * HTTP/2, Jetty leaves them as they are.
     */
    private static @Nullable String faultOfQuery(@Nullable String query) {
        if (query == null) {
            return null;
        }
        for (int i = 0; i < query.length(); i++) {
            char c = query.charAt(i);
            if (c <= ' ' || c == '#' || c == 0x7F || c == '\uFFFD') {
                return c == '\uFFFD' ? "the query is not UTF-8" : "the query has a character that no query may have";
            }
        }
        return null;
    }

    private static @Nullable String faultOfHost(HttpServletRequest request) {
        Enumeration<String> hosts = request.getHeaders("Host");
        String host = hosts.hasMoreElements() ? hosts.nextElement() : Forwarded.host(request);
        if (host == null) {
            return request.getProtocol().equals("HTTP/1.1") ? "Host is missing" : null;
        }
        if (hosts.hasMoreElements()) {
            return "there is more than one Host";
        }
        Matcher authority = AUTHORITY.matcher(host);
        if (!authority.matches()) {
            return "Host is malformed";
        }
        String port = authority.group("port");
        return port == null || port.isEmpty() || Integer.parseInt(port) <= MAX_PORT
                ? null
                : "Host has a malformed port";
    }

    /**
     * RFC 9112 section 6: if two readers see different ends of a message, one takes the rest of it for another message.
     */
    private static @Nullable String faultOfFraming(HttpServletRequest request) {
        Enumeration<String> codings = request.getHeaders("Transfer-Encoding");
        Enumeration<String> lengths = request.getHeaders("Content-Length");
        if (codings.hasMoreElements()) {
            boolean isChunked = codings.nextElement().equalsIgnoreCase("chunked") && !codings.hasMoreElements();
            if (!isChunked) {
                return "Transfer-Encoding is anything but chunked";
            }
            if (!request.getProtocol().equals("HTTP/1.1")) {
                return "Transfer-Encoding is not allowed in " + request.getProtocol();
            }
            return lengths.hasMoreElements() ? "there is both a Content-Length and a Transfer-Encoding" : null;
        }
        if (lengths.hasMoreElements() && FieldSyntax.length(lengths.nextElement()) < 0) {
            return "Content-Length is malformed";
        }
        return lengths.hasMoreElements() ? "there is more than one Content-Length" : null;
    }

    private static @Nullable String faultOfFields(HttpServletRequest request) {
        for (Enumeration<String> names = request.getHeaderNames(); names.hasMoreElements(); ) {
            String name = names.nextElement();
            if (!FieldSyntax.isToken(name)) {
                return "a header's name is malformed";
            }
            for (Enumeration<String> values = request.getHeaders(name); values.hasMoreElements(); ) {
                if (FieldSyntax.hasControlCharacter(values.nextElement())) {
                    return name + " has a control character";
                }
            }
        }
        return null;
    }
}
