package dev.sluice.forward.head;

import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.TreeSet;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/** The protocols in Upgrade (RFC 9110 section 7.8), which is a hop-by-hop field. Stateless. */
public final class UpgradeField {

    private UpgradeField() {}

    /**
     * The protocols that a client asks for instead of HTTP/1.1 (RFC 9110 section 7.8); null if there are none. Other
     * versions of HTTP are left out: their requests would pass through unseen.
     */
    public static @Nullable String of(HttpServletRequest clientRequest) {
        Enumeration<String> values = clientRequest.getHeaders("Upgrade");
        if (!values.hasMoreElements()
                || !clientRequest.getProtocol().equals("HTTP/1.1")
                || !Headers.namedByConnection(clientRequest).contains("Upgrade")) {
            return null;
        }
        return withoutHttp(values);
    }

    /**
     * The protocols to which a target switches (RFC 9110 section 7.8).
     *
     * @param asked as {@link #of} returns them
     * @return null if there are none, or one that the target was not asked for
     */
    public static @Nullable String agreed(HttpResponse targetResponse, String asked) {
        Set<String> allowed = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        Collections.addAll(allowed, asked.split(", "));
        List<String> protocols = protocols(Headers.values(targetResponse.getHeaders("Upgrade")));
        return !protocols.isEmpty() && allowed.containsAll(protocols) ? String.join(", ", protocols) : null;
    }

    /** The protocols that a target demands to be asked for (RFC 9110 section 15.5.22); null if it demands none. */
    static @Nullable String demanded(HttpResponse targetResponse) {
        return targetResponse.getCode() == HttpStatus.SC_UPGRADE_REQUIRED
                ? withoutHttp(Headers.values(targetResponse.getHeaders("Upgrade")))
                : null;
    }

    private static @Nullable String withoutHttp(Enumeration<String> values) {
        List<String> others = protocols(values).stream()
                .filter(protocol ->
                        !protocol.equalsIgnoreCase("h2c") && !protocol.regionMatches(true, 0, "HTTP/", 0, 5))
                .toList();
        return others.isEmpty() ? null : String.join(", ", others);
    }

    private static List<String> protocols(Enumeration<String> values) {
        List<String> protocols = new ArrayList<>();
        while (values.hasMoreElements()) {
            for (StringTokenizer list = new StringTokenizer(values.nextElement(), ", \t"); list.hasMoreTokens(); ) {
                protocols.add(list.nextToken());
            }
        }
        return protocols;
    }
}
