package dev.sluice.forward.head;

import jakarta.servlet.http.HttpServletRequest;
import java.security.SecureRandom;
import java.util.Enumeration;
import java.util.HexFormat;
import org.apache.hc.core5.http.ProtocolVersion;
import org.jspecify.annotations.Nullable;

/**
 * The Via field: who has forwarded a message (RFC 9110 section 7.6.3). Each instance has a different pseudonym, so that
 * a request that comes back to it is a loop, and one that comes from another Sluice is not. Immutable.
 */
public final class Via {

    static final String FIELD = "Via";

    private static final String NAME = "sluice-";
    private static final int RANDOM_BYTES = 4;

    private final String pseudonym;

    public Via() {
        byte[] random = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(random);
        pseudonym = NAME + HexFormat.of().formatHex(random);
    }

    /** Whether the request has been here before. All pseudonyms have the same length, so none is part of another. */
    public boolean names(HttpServletRequest clientRequest) {
        for (Enumeration<String> values = clientRequest.getHeaders(FIELD); values.hasMoreElements(); ) {
            if (values.nextElement().contains(pseudonym)) {
                return true;
            }
        }
        return false;
    }

    /** The entry for a request, to be appended to the field. */
    String ofRequest(HttpServletRequest clientRequest) {
        return entry(clientRequest.getProtocol());
    }

    /** The entry for a response of this version, to be appended to the field. Null means HTTP/1.1. */
    String ofResponse(@Nullable ProtocolVersion version) {
        return entry(version == null ? "HTTP/1.1" : version.toString());
    }

    private String entry(String protocol) {
        return protocol.substring(protocol.indexOf('/') + 1) + " " + pseudonym; // HTTP/ is implied
    }
}
