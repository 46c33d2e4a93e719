package dev.sluice.config;

import dev.sluice.config.HealthCheckConfiguration.Protocol;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The syntax of single values. Each method returns what a value stands for, and throws an IllegalArgumentException that
 * says what would be right. Stateless.
 */
final class ValueSyntax {

    static final int DAY_SECONDS = 24 * 60 * 60;
    static final int YEAR_SECONDS = 365 * DAY_SECONDS;
    static final int MILLION = 1_000_000;
    static final Function<String, Integer> MILLISECONDS = wholeNumber("milliseconds", 1, DAY_SECONDS * 1000);
    static final Function<String, Integer> UP_TO_AN_HOUR = wholeNumber("seconds", 0, 60 * 60);

    private static final Pattern UNFIT_FOR_A_SEGMENT = Pattern.compile("[\\\\\\p{Cntrl}]");
    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]{1,9}");
    private static final Pattern LONG = Pattern.compile("[0-9]{1,19}");

    /** A token (RFC 9110 section 5.6.2), which the name of a cookie must be too (RFC 6265 section 4.1.1). */
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

    private static final int LEAST_SECRET_BYTES = 16;

    /** What a request line may contain (RFC 9112 section 3.2.1). */
    private static final Pattern CHECKED_PATH = Pattern.compile("/[!-~&&[^#]]*");

    /**
     * Only slashes and unreserved characters (RFC 3986 section 2.3): there is no other spelling, except with needless
     * escapes.
     */
    private static final Pattern ADMIN_PATH_SYNTAX = Pattern.compile("/[A-Za-z0-9/._~-]*");

    /** A bearer token (RFC 6750 section 2.1) of 16 characters or more. */
    private static final Pattern BEARER_TOKEN = Pattern.compile("(?=.{16})[A-Za-z0-9._~+/-]+=*");

    /** The name of Sluice's own cookie; of further ones, the beginning. */
    static final String OWN_COOKIE = "SLUICE";

    private ValueSyntax() {}

    static AlgorithmName algorithm(String value) {
        return oneOf(AlgorithmName.values(), "the algorithm", value);
    }

    static ForwardedHeaders forwardedHeaders(String value) {
        return oneOf(ForwardedHeaders.values(), "the headers", value);
    }

    static Protocol protocol(String value) {
        return oneOf(Protocol.values(), "the protocol", value);
    }

    static TransportConfiguration.Protocol targetProtocol(String value) {
        return oneOf(TransportConfiguration.Protocol.values(), "the protocol", value);
    }

    static TransportConfiguration.Version protocolVersion(String value) {
        return oneOf(TransportConfiguration.Version.values(), "the version", value);
    }

    private static <E extends Enum<E>> E oneOf(E[] values, String what, String name) {
        for (E value : values) {
            if (value.name().equalsIgnoreCase(name)) {
                return value;
            }
        }
        throw new IllegalArgumentException(what + " must be one of " + Arrays.toString(values));
    }

    static boolean trueOrFalse(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("must be true or false");
        };
    }

    static boolean onOrOff(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "on", "true" -> true;
            case "off", "false" -> false;
            default -> throw new IllegalArgumentException("must be on or off");
        };
    }

    static AccessLogFormat accessLogFormat(String value) {
        return oneOf(AccessLogFormat.values(), "the format", value);
    }

    static String fieldName(String value) {
        return token("a header field's name", value);
    }

    private static String token(String what, String value) {
        if (!TOKEN.matcher(value).matches()) {
            throw new IllegalArgumentException(what + " must be letters, digits and any of !#$%&'*+-.^_`|~");
        }
        return value;
    }

    static long bytesOrNoLimit(String value) {
        if (LONG.matcher(value).matches()) {
            BigInteger number = new BigInteger(value);
            if (number.bitLength() < Long.SIZE) {
                return number.signum() == 0 ? Long.MAX_VALUE : number.longValue();
            }
        }
        throw new IllegalArgumentException(
                "must be 0 for no limit, or bytes, a whole number from 0 to " + Long.MAX_VALUE);
    }

    static String checkedPath(String value) {
        if (!CHECKED_PATH.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "must be a path that begins with a slash, of visible ASCII characters, without #");
        }
        return value;
    }

    static String secret(String value) {
        if (value.getBytes(StandardCharsets.UTF_8).length < LEAST_SECRET_BYTES) {
            throw new IllegalArgumentException("the secret must have " + LEAST_SECRET_BYTES + " bytes at least");
        }
        return value;
    }

    /** A name that can be a segment of a path, for operators, in every container. */
    static String targetGroupName(String value) {
        if (value.equals(".")
                || value.equals("..")
                || UNFIT_FOR_A_SEGMENT.matcher(value).find()) {
            throw new IllegalArgumentException(
                    "the name must not be . or .., nor have backslashes or control characters");
        }
        return value;
    }

    static String cookieName(String value) {
        token("a cookie's name", value);
        if (value.equals(OWN_COOKIE) || value.startsWith(OWN_COOKIE + "-")) {
            throw new IllegalArgumentException(
                    "is a name of Sluice's own cookies; it must be the application's cookie");
        }
        return value;
    }

    /**
     * A number from min to max.
     *
     * @param unit of the number, with any special value: the message about a wrong value begins with it
     */
    static Function<String, Integer> wholeNumber(String unit, int min, int max) {
        return value -> {
            if (WHOLE_NUMBER.matcher(value).matches()) {
                int number = Integer.parseInt(value);
                if (min <= number && number <= max) {
                    return number;
                }
            }
            throw new IllegalArgumentException("must be " + unit + ", a whole number from " + min + " to " + max);
        };
    }

    static String adminPath(String value) {
        if (!ADMIN_PATH_SYNTAX.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "must be a path of letters, digits, -, _, ~ and dots that begins with a slash, as in /-/sluice");
        }
        String path = PathSyntax.parse(value);
        if (path.isEmpty()) {
            throw new IllegalArgumentException("must be a path below /, as in /-/sluice: nothing of it is forwarded");
        }
        return path;
    }

    static String bearerToken(String value) {
        if (!BEARER_TOKEN.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "the token must have 16 characters at least, letters, digits and any of -._~+/, and may end with =");
        }
        return value;
    }

    static InetAddress address(String text) {
        InetAddress address = IpAddress.parse(text);
        if (address == null || text.indexOf('%') >= 0) {
            throw new IllegalArgumentException(
                    "must be an address of this machine without a zone, such as 127.0.0.1 or ::1");
        }
        return address;
    }
}
