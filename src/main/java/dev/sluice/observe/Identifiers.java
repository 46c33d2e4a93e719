package dev.sluice.observe;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** By what a request is known beyond one server: X-Request-Id, and traceparent of W3C Trace Context (level 1). */
public final class Identifiers {

    /** For people, and for logs. */
    public static final String REQUEST_ID = "X-Request-Id";

    /** The trace, and the span in it that the request is a child of. */
    public static final String TRACEPARENT = "traceparent";

    /** What vendors add to that; says nothing without it. */
    public static final String TRACESTATE = "tracestate";

    private static final int MAX_REQUEST_ID = 128;

    /** Of version 00: {@code 00-} trace {@code -} parent {@code -} flags. */
    private static final int TRACEPARENT_LENGTH = 55;

    private static final int TRACE_BEGIN = 3;
    private static final int PARENT_BEGIN = 36;
    private static final int FLAGS_BEGIN = 53;

    private static final HexFormat HEX = HexFormat.of();

    private Identifiers() {}

    /** Whether it can go on: 1 to 128 letters, digits, and any of {@code -_.:/+=@~}. */
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

    /** 32 hexadecimal digits at random. */
    public static String newRequestId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return HEX.toHexDigits(random.nextLong()) + HEX.toHexDigits(random.nextLong());
    }

    /** Whether it is well-formed (section 3.2.2): also that of a later version, of which more may follow. */
    public static boolean isTraceparent(String value) {
        int length = value.length();
        return length >= TRACEPARENT_LENGTH
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

    /** A trace that begins here; sampled, so that those who do as their parent does record it. */
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

    /** In lower case only. */
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
