package dev.sluice.forward.head;

import dev.sluice.balance.Cookies;
import dev.sluice.observe.Identifiers;
import dev.sluice.observe.Transaction;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import java.util.StringTokenizer;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Which header fields are forwarded, in both directions. Hop-by-hop fields are not (RFC 9110 section 7.6.1). Framing is
 * never copied but set from the parsed length, so that no two readers can disagree on where a message ends. All other
 * fields keep their order and their repetitions. Stateless.
 */
public final class Headers {

    private static final Set<String> HOP_BY_HOP = FieldSyntax.names(
            "Connection",
            "Keep-Alive",
            "Proxy-Connection",
            "Proxy-Authenticate",
            "Proxy-Authorization",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade");

    /** Methods whose requests have a body, or state that they have none. */
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");

    /** Fields that Sluice sets itself instead of copying the client's. */
    private static final Set<String> NOT_FROM_CLIENT = FieldSyntax.names("Host", "Content-Length", "Expect");

    private Headers() {}

    /**
     * The raw path and query, one character per byte. Jetty accepts raw bytes in a query: over HTTP/2 it leaves them as
     * they are, but over HTTP/1 it decodes them as UTF-8, which is undone here.
     */
    static String requestTarget(String path, HttpServletRequest clientRequest) {
        String query = clientRequest.getQueryString();
        if (query == null) {
            return path;
        }
        String target = path + "?" + query;
        for (int i = path.length(); i < target.length(); i++) {
            if (target.charAt(i) > 0x7F) {
                return isHttp1(clientRequest)
                        ? new String(target.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1)
                        : target;
            }
        }
        return target;
    }

    /**
     * Builds the target request.
     *
     * @param host the value of the Host field
     * @param path raw, with the query
     * @param body null if there is none
     * @param upgrade the protocols to ask for instead; null for none
     * @param forwarded tells the target who asked
     * @param ownCookies the names of Sluice's own cookies, which are not forwarded
     */
    static HttpRequest targetRequest(
            HttpServletRequest clientRequest,
            String host,
            String path,
            @Nullable EntityDetails body,
            @Nullable String upgrade,
            Forwarded forwarded,
            Set<String> ownCookies) {
        // With a null host the request-target is in origin form, and its bytes are not parsed.
        HttpRequest request = new BasicHttpRequest(clientRequest.getMethod(), (HttpHost) null, path);
        request.addHeader("Host", host);
        boolean trusted = forwarded.isTrusted(clientRequest);
        copyFields(clientRequest, name -> forwarded.replaces(name, trusted), ownCookies, request);
        forwarded.tell(clientRequest, trusted, request);
        frame(clientRequest, body, request);
        addConnectionOptions(clientRequest, upgrade, request);
        return request;
    }

    /** Copies the fields that are the target's business. */
    private static void copyFields(
            HttpServletRequest clientRequest,
            Predicate<String> isReplaced,
            Set<String> ownCookies,
            HttpRequest request) {
        Set<String> connection = namedByConnection(clientRequest);
        for (Enumeration<String> names = clientRequest.getHeaderNames(); names.hasMoreElements(); ) {
            String name = names.nextElement();
            if (HOP_BY_HOP.contains(name)
                    || NOT_FROM_CLIENT.contains(name)
                    || connection.contains(name)
                    || isReplaced.test(name)) {
                continue;
            }
            boolean cookie = name.equalsIgnoreCase("Cookie");
            if (cookie && !isHttp1(clientRequest)) {
                addCookies(request, clientRequest, ownCookies);
                continue;
            }
            boolean ours = !ownCookies.isEmpty() && cookie;
            for (Enumeration<String> values = clientRequest.getHeaders(name); values.hasMoreElements(); ) {
                String value = ours ? Cookies.without(ownCookies, values.nextElement()) : values.nextElement();
                if (value != null) {
                    request.addHeader(name, value.strip()); // hosts differ in what they leave around it
                }
            }
        }
    }

    /** Says how long the body is, or that there is none (RFC 9112 section 6). */
    private static void frame(HttpServletRequest clientRequest, @Nullable EntityDetails body, HttpRequest request) {
        if (body != null) {
            if (body.getContentLength() >= 0) {
                request.addHeader("Content-Length", Long.toString(body.getContentLength()));
            } else {
                request.addHeader("Transfer-Encoding", "chunked");
            }
            if (expectsContinue(clientRequest)) {
                request.addHeader("Expect", "100-continue");
            }
        } else if (clientRequest.getContentLengthLong() == 0 || saysNoLength(clientRequest)) {
            request.addHeader("Content-Length", "0");
        }
    }

    private static void addConnectionOptions(
            HttpServletRequest clientRequest, @Nullable String upgrade, HttpRequest request) {
        if (upgrade != null) {
            request.addHeader("Connection", "Upgrade");
            request.addHeader("Upgrade", upgrade);
        } else if (Trailers.areTakenBy(clientRequest)) {
            request.addHeader("TE", "trailers");
            request.addHeader("Connection", "TE"); // RFC 9110 section 10.1.4
        }
    }

    /** Sets the request's identifiers; fields that have them already stay as they are. */
    static void identify(HttpRequest request, Transaction transaction) {
        replace(request, Identifiers.REQUEST_ID, transaction.requestId());
        if (replace(request, Identifiers.TRACEPARENT, transaction.traceparent())) {
            request.removeHeaders(Identifiers.TRACESTATE); // it belongs to another trace, if any
        }
    }

    /** Returns whether the field had to be changed. */
    private static boolean replace(HttpRequest request, String name, @Nullable String value) {
        if (value == null) {
            return false;
        }
        Header[] present = request.getHeaders(name);
        if (present.length == 1 && value.equals(present[0].getValue())) {
            return false;
        }
        request.removeHeaders(name);
        request.addHeader(name, value);
        return true;
    }

    /**
     * Whether the target request must state a length that the client's did not. In HTTP/2 a request without a body just
     * ends; in HTTP/1.1 it states so if its method usually has one (RFC 9110 section 8.6).
     */
    private static boolean saysNoLength(HttpServletRequest clientRequest) {
        return !isHttp1(clientRequest) && WITH_BODY.contains(clientRequest.getMethod());
    }

    /** Adds the cookies as one field: in HTTP/2 and 3 there may be one for each (RFC 9113 section 8.2.3). */
    private static void addCookies(HttpRequest request, HttpServletRequest clientRequest, Set<String> ownCookies) {
        StringJoiner crumbs = new StringJoiner("; ");
        for (Enumeration<String> values = clientRequest.getHeaders("Cookie"); values.hasMoreElements(); ) {
            String crumb = values.nextElement();
            if (!crumb.isBlank()) {
                crumbs.add(crumb);
            }
        }
        String cookies = Cookies.without(ownCookies, crumbs.toString());
        if (cookies != null) {
            request.addHeader("Cookie", cookies);
        }
    }

    /** Whether the request came over HTTP/1.x, which has one message on a connection at a time. */
    public static boolean isHttp1(HttpServletRequest clientRequest) {
        return clientRequest.getProtocol().startsWith("HTTP/1");
    }

    /** Whether the request came over HTTP/1.0, which knows neither chunks nor interim responses. */
    public static boolean isHttp10(HttpServletRequest clientRequest) {
        return clientRequest.getProtocol().equals("HTTP/1.0");
    }

    /**
     * Whether the client waits for the target's consent before it sends its body (RFC 9110 section 10.1.1). One of
     * HTTP/1.0 never does, whatever it says.
     */
    public static boolean expectsContinue(HttpServletRequest clientRequest) {
        return !isHttp10(clientRequest) && "100-continue".equalsIgnoreCase(clientRequest.getHeader("Expect"));
    }

    /**
     * Copies status and header fields of the target response to the client response.
     *
     * @param body null if there is none
     * @param locations null to forward references to the target's own address as they are
     */
    static void copy(
            HttpResponse targetResponse,
            @Nullable EntityDetails body,
            @Nullable LocationRewrite locations,
            HttpServletResponse clientResponse) {
        int status = targetResponse.getCode();
        clientResponse.setStatus(status);
        // With a body, the parsed length is set where the body begins. Without one (HEAD, 304) it only informs.
        boolean copiesLength =
                body == null && mayTellLength(status) && !targetResponse.containsHeader("Transfer-Encoding");
        forEach(targetResponse, (name, value) -> copy(name, value, copiesLength, locations, clientResponse));
    }

    /** Passes each field that is forwarded to the client to {@code taker}. */
    static void forEach(HttpResponse targetResponse, BiConsumer<String, String> taker) {
        Set<String> connection = namedByConnection(targetResponse);
        for (Iterator<Header> headers = targetResponse.headerIterator(); headers.hasNext(); ) {
            Header header = headers.next();
            String name = header.getName();
            if (!HOP_BY_HOP.contains(name) && !connection.contains(name)) {
                taker.accept(name, header.getValue());
            }
        }
    }

    private static void copy(
            String name,
            String value,
            boolean copiesLength,
            @Nullable LocationRewrite locations,
            HttpServletResponse clientResponse) {
        switch (name.toLowerCase(Locale.ROOT)) {
            case "content-length" -> {
                if (copiesLength) {
                    clientResponse.setHeader(name, value);
                }
            }
            case "content-type" -> {
                clientResponse.setContentType(value);
                if (!value.toLowerCase(Locale.ROOT).contains("charset")) {
                    clientResponse.setCharacterEncoding((String) null); // else some hosts add one
                }
            }
            case "location" ->
                clientResponse.addHeader(
                        name,
                        locations == null || !saysLocation(clientResponse.getStatus())
                                ? value
                                : locations.rewrite(value));
            case "content-location" ->
                clientResponse.addHeader(name, locations == null ? value : locations.rewrite(value));
            // Hosts set these themselves; the target's replace them.
            case "date", "server" -> clientResponse.setHeader(name, value);
            default -> clientResponse.addHeader(name, value);
        }
    }

    /** Whether a response with this status may have a Content-Length (RFC 9110 section 8.6). */
    private static boolean mayTellLength(int status) {
        return status != HttpServletResponse.SC_NO_CONTENT && status != HttpServletResponse.SC_SWITCHING_PROTOCOLS;
    }

    /** Whether Location has a meaning in a response with this status (RFC 9110 section 10.2.2). */
    private static boolean saysLocation(int status) {
        return status == HttpServletResponse.SC_CREATED || (300 <= status && status < 400);
    }

    /** The options and field names in Connection; do not change it. */
    static Set<String> namedByConnection(HttpServletRequest request) {
        return namedBy(request.getHeaders("Connection"));
    }

    /** Whether a field of this name is for the next hop only (RFC 9110 section 7.6.1). */
    static boolean isHopByHop(String name) {
        return HOP_BY_HOP.contains(name);
    }

    private static Set<String> namedByConnection(HttpResponse response) {
        Header[] connection = response.getHeaders("Connection");
        return connection.length == 0 ? Set.of() : namedBy(values(connection));
    }

    static Enumeration<String> values(Header[] headers) {
        return Collections.enumeration(
                Arrays.stream(headers).map(Header::getValue).toList());
    }

    private static Set<String> namedBy(Enumeration<String> connection) {
        Set<String> names = Set.of();
        while (connection.hasMoreElements()) {
            String value = connection.nextElement();
            if (value.equalsIgnoreCase("keep-alive") || value.equalsIgnoreCase("close")) {
                continue; // the usual case
            }
            if (names.isEmpty()) {
                names = FieldSyntax.names();
            }
            for (StringTokenizer list = new StringTokenizer(value, ", \t"); list.hasMoreTokens(); ) {
                names.add(list.nextToken());
            }
        }
        return names;
    }
}
