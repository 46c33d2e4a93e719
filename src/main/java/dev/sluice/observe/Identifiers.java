package dev.sluice.observe;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The identifiers of a request that are passed from system to system: X-Request-Id, and traceparent of W3C Trace
 * Context (level 1).
 */
public final class Identifiers {

    /** The field with an identifier for people and logs. */
    public static final String REQUEST_ID = "X-Request-Id";

    /** The field with the trace, and the span in it that is the parent of the request. */
    public static final String TRACEPARENT = "traceparent";

    /** The field with vendor-specific data for {@link #TRACEPARENT}; has no meaning without it. */
    public static final String TRACESTATE = "tracestate";

    private static final int MAX_REQUEST_ID = 128;

    /** The length in version 00: {@code 00-} trace {@code -} parent {@code -} flags. */
    private static final int TRACEPARENT_LENGTH = 55;

    /** A later version may have more; this bounds what it can take of a log. */
    private static final int MAX_TRACEPARENT = 256;

    private static final int TRACE_BEGIN = 3;
    private static final int PARENT_BEGIN = 36;
    private static final int FLAGS_BEGIN = 53;

    private static final HexFormat HEX = HexFormat.of();

    private Identifiers() {}

    /** Whether a request identifier can be passed on: 1 to 128 ASCII letters, digits, and any of {@code -_.:/+=@~}. */
    public static boolean isSoundRequestId(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean isAlphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!isAlphanumeric && "-_.:/+=@~".indexOf(c) < 0) {
                return false;
            }
        }
        return !value.isEmpty() && value.length() <= MAX_REQUEST_ID;
    }

    /** Returns 32 random hexadecimal digits. */
    public static String newRequestId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return HEX.toHexDigits(random.nextLong()) + HEX.toHexDigits(random.nextLong());
    }

    /**
     * Whether a traceparent is well-formed (section 3.2.2). One of a later version may have more fields, but no more
     * than 256 characters.
     */
    public static boolean isTraceparent(String value) {
        int length = value.length();
        return length >= TRACEPARENT_LENGTH
                && length <= MAX_TRACEPARENT
                && isHex(value, 0, 2)
                && !value.startsWith("ff")
                && (length == TRACEPARENT_LENGTH
                        || (!value.startsWith("00") && value.charAt(TRACEPARENT_LENGTH) == '-'))
                && value.charAt(TRACE_BEGIN - 1) == '-'
                && isIdentifier(value, TRACE_BEGIN, PARENT_BEGIN - 1)
                && value.charAt(PARENT_BEGIN - 1) == '-'
                && isIdentifier(value, PARENT_BEGIN, FLAGS_BEGIN - 1)
                && value.charAt(FLAGS_BEGIN - 1) == '-'
                && isHex(value, FLAGS_BEGIN, TRACEPARENT_LENGTH);
    }

    /**
     * Returns the traceparent of a new trace. It is marked as sampled, so that systems that follow their parent's
     * decision record it.
     */
    public static String newTraceparent() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return "00-" + HEX.toHexDigits(random.nextLong()) + HEX.toHexDigits(notZero(random)) + "-"
                + HEX.toHexDigits(notZero(random)) + "-01";
    }

    private static long notZero(ThreadLocalRandom random) {
        long value = random.nextLong();
        return value == 0 ? 1 : value;
    }

    private static boolean isIdentifier(String value, int begin, int end) {
        return isHex(value, begin, end) && !isZero(value, begin, end);
    }

    private static boolean isZero(String value, int begin, int end) {
        for (int i = begin; i < end; i++) {
            if (value.charAt(i) != '0') {
                return false;
            }
        }
        return true;
    }

    /** Accepts lower case only. */
    private static boolean isHex(String value, int begin, int end) {
        for (int i = begin; i < end; i++) {
            char c = value.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }
}
