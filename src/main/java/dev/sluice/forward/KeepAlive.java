package dev.sluice.forward;

import java.util.StringTokenizer;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.util.TimeValue;

/** How long a connection is kept for another request: always a little less than its target keeps it. */
final class KeepAlive {

    /** For targets that do not say: less than the 5 s that are the shortest common default. */
    static final TimeValue DEFAULT = TimeValue.ofSeconds(4);

    private static final String TIMEOUT = "timeout=";

    private KeepAlive() {}

    /** By the answer's {@code Keep-Alive: timeout=N} in seconds (RFC 2068 section 19.7.1.1), one of them less. */
    static TimeValue of(HttpResponse response) {
        Header header = response.getFirstHeader("Keep-Alive");
        if (header == null) {
            return DEFAULT;
        }
        for (StringTokenizer list = new StringTokenizer(header.getValue(), ", \t"); list.hasMoreTokens(); ) {
            String text = list.nextToken();
            if (text.regionMatches(true, 0, TIMEOUT, 0, TIMEOUT.length())) {
                try {
                    int seconds = Integer.parseInt(text.substring(TIMEOUT.length()));
                    return TimeValue.ofMilliseconds(Math.max(1, (seconds - 1) * 1000L));
                } catch (NumberFormatException e) {
                    return DEFAULT;
                }
            }
        }
        return DEFAULT;
    }
}
