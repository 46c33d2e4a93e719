package dev.sluice.balance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.Enumeration;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Stickiness by the load balancer's own cookie, {@code id.expiry.signature}: the target's id, the expiry in seconds
 * since 1970 in base 36, and an HMAC-SHA256 (RFC 2104) of both and the group. Any process with the secret can verify
 * the cookie; no state is kept here.
 *
 * <p>A session that continues past half of its duration gets a new cookie for the same target, so that it is not moved
 * while in use.
 */
public final class LoadBalancerCookie implements Stickiness {

    /** A cookie that lasts this much longer than is configured may be that of an instance whose clock is ahead. */
    private static final int CLOCK_SKEW_SECONDS = 60;

    private static final String ALGORITHM = "HmacSHA256";
    private static final int ID_BYTES = 8;
    private static final int RADIX = 36;

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final String name;
    private final String group;
    private final SecretKeySpec key;
    private final long seconds;
    private final InstantSource clock;

    /**
     * @param name the name of the cookie
     * @param group the name of the target group; the cookie is not valid for another
     * @param duration how long the cookie is valid
     */
    public LoadBalancerCookie(String name, String group, byte[] secret, Duration duration, InstantSource clock) {
        this.name = name;
        this.group = group;
        this.key = new SecretKeySpec(secret, ALGORITHM);
        this.seconds = duration.toSeconds();
        this.clock = clock;
    }

    @Override
    public String idOf(String target) {
        return BASE64.encodeToString(Arrays.copyOf(sign("target", target), ID_BYTES));
    }

    @Override
    public Session session(Enumeration<String> cookieFields) {
        for (String value : Cookies.values(cookieFields, name)) {
            Signed session = verified(value);
            if (session != null) {
                return session;
            }
        }
        return new Signed(null, 0);
    }

    /** Returns null if it is malformed, forged, another group's, or expired. */
    private @Nullable Signed verified(String value) {
        int signature = value.lastIndexOf('.');
        int expiry = value.lastIndexOf('.', signature - 1);
        if (expiry < 0) {
            return null;
        }
        byte[] expected = signature(value.substring(0, signature)).getBytes(UTF_8);
        if (!MessageDigest.isEqual(expected, value.substring(signature + 1).getBytes(UTF_8))) {
            return null;
        }
        long secondsLeft = Long.parseLong(value.substring(expiry + 1, signature), RADIX) - now();
        return secondsLeft > 0 ? new Signed(value.substring(0, expiry), secondsLeft) : null;
    }

    private String signature(String content) {
        return BASE64.encodeToString(sign("cookie", content));
    }

    private byte[] sign(String purpose, String content) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(String.join("\0", purpose, group, content).getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    private long now() {
        return clock.instant().getEpochSecond();
    }

    private final class Signed implements Session {

        private final @Nullable String targetId;
        private final long secondsLeft;

        Signed(@Nullable String targetId, long secondsLeft) {
            this.targetId = targetId;
            this.secondsLeft = secondsLeft;
        }

        @Override
        public @Nullable String targetId() {
            return targetId;
        }

        @Override
        public @Nullable String answeredBy(String answeringId, List<String> setCookieFields, boolean secure) {
            boolean isFresh = secondsLeft > seconds / 2 && secondsLeft <= seconds + CLOCK_SKEW_SECONDS;
            if (answeringId.equals(targetId) && isFresh) {
                return null;
            }
            String content = answeringId + "." + Long.toString(now() + seconds, RADIX);
            return name + "=" + content + "." + signature(content) + "; Max-Age=" + seconds
                    + "; Path=/; HttpOnly; SameSite=Lax" + (secure ? "; Secure" : "");
        }
    }
}
