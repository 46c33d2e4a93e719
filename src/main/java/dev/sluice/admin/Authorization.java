package dev.sluice.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * Checks that a request for a change carries the ADMIN_TOKEN, in a header field that no browser sends by itself (RFC
 * 6750 section 2.1). Immutable.
 */
final class Authorization {

    private static final String SCHEME = "Bearer ";

    private final @Nullable String token;

    /** @param token null if nobody may make changes */
    Authorization(@Nullable String token) {
        this.token = token;
    }

    /**
     * The response to a request that may not make changes; null if it may.
     *
     * @param response gets the WWW-Authenticate field where it applies
     */
    @Nullable
    Answer refusal(HttpServletRequest request, HttpServletResponse response) {
        if (token == null) {
            return Answer.text(403, "no changes can be made: ADMIN_TOKEN is not set");
        }
        String field = request.getHeader("Authorization");
        if (field == null || !field.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            response.setHeader("WWW-Authenticate", "Bearer realm=\"sluice\"");
            return Answer.text(401, "changes need the ADMIN_TOKEN, as \"Authorization: Bearer TOKEN\"");
        }
        byte[] presented = field.substring(SCHEME.length()).strip().getBytes(UTF_8);
        if (!MessageDigest.isEqual(token.getBytes(UTF_8), presented)) {
            response.setHeader("WWW-Authenticate", "Bearer realm=\"sluice\", error=\"invalid_token\"");
            return Answer.text(401, "the token is not ADMIN_TOKEN");
        }
        return null;
    }
}
