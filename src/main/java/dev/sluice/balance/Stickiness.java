package dev.sluice.balance;

import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the requests of one client session find the target that the first of them went to. Safe for use by many threads. */
public interface Stickiness {

    /** The id by which sessions know a target: as opaque as it has to be, and the same after a restart. */
    String idOf(String target);

    /**
     * Reads a request.
     *
     * @param cookieFields the values of its Cookie fields (RFC 6265 section 4.2)
     */
    Session session(Enumeration<String> cookieFields);

    /** What one request says of its session. Immutable. */
    interface Session {

        /** The id of the session's target, null if it has none that is known. */
        @Nullable
        String targetId();

        /**
         * To be called when a target has answered.
         *
         * @param setCookieFields the values of the answer's Set-Cookie fields
         * @param secure whether the client came by TLS
         * @return the value of a Set-Cookie field to add to the answer (RFC 6265 section 4.1), null for none
         */
        @Nullable
        String answeredBy(String targetId, List<String> setCookieFields, boolean secure);
    }
}
