package dev.sluice.forward.head;

import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;

/** The fields behind a body (RFC 9110 section 6.5), in both directions. Stateless. */
public final class Trailers {

    /**
     * Fields that must not be trailers, where they could contradict what was decided before the body: framing, routing,
     * caching (RFC 9110 section 6.5.1). {@link #mayTrail} also excludes hop-by-hop fields, and those in which proxies
     * state who asked.
     */
    private static final Set<String> FORBIDDEN = FieldSyntax.names(
            "Age",
            "Authorization",
            "Cache-Control",
            "Content-Encoding",
            "Content-Length",
            "Content-Range",
            "Content-Type",
            "Cookie",
            "Date",
            "Expires",
            "Host",
            "Location",
            "Max-Forwards",
            "Pragma",
            "Range",
            "Retry-After",
            "Set-Cookie",
            "Vary",
            "Via");

    private Trailers() {}

    /** Whether the client states that it accepts trailers (RFC 9110 section 10.1.4). */
    static boolean areTakenBy(HttpServletRequest clientRequest) {
        if (Headers.isHttp10(clientRequest)) {
            return false;
        }
        Enumeration<String> values = clientRequest.getHeaders("TE");
        while (values.hasMoreElements()) {
            if (FieldSyntax.lists(values.nextElement(), "trailers")) {
                return true;
            }
        }
        return false;
    }

    /** The trailers of a request whose body has been read to its end, without those that are forbidden or malformed. */
    public static List<Header> of(HttpServletRequest clientRequest) {
        if (!clientRequest.isTrailerFieldsReady()) {
            return List.of();
        }
        List<Header> trailers = new ArrayList<>();
        clientRequest.getTrailerFields().forEach((name, value) -> {
            if (mayTrail(name) && FieldSyntax.isToken(name) && !FieldSyntax.hasControlCharacter(value)) {
                trailers.add(new BasicHeader(name, value));
            }
        });
        return trailers;
    }

    /**
     * The trailers of a target response as a host wants them, without those that are forbidden: the values of equal
     * names become one list (RFC 9110 section 5.3).
     */
    public static Map<String, String> merged(List<? extends Header> targetTrailers) {
        Map<String, String> trailers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (Header trailer : targetTrailers) {
            if (mayTrail(trailer.getName())) {
                trailers.merge(trailer.getName(), trailer.getValue(), (first, second) -> first + ", " + second);
            }
        }
        return trailers;
    }

    /** Whether a field of this name may be a trailer. */
    static boolean mayTrail(String name) {
        return !FORBIDDEN.contains(name) && !Headers.isHopByHop(name) && !Forwarded.isOfProxies(name);
    }
}
