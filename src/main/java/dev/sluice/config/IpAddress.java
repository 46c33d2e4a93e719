package dev.sluice.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Parses literal IP addresses. Never does a DNS look-up. */
public final class IpAddress {

    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");
    private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9A-Fa-f:.]+");

    private IpAddress() {}

    /**
     * Parses an address. An IPv6 address may be in brackets and have a zone, which is ignored. An IPv4-mapped IPv6
     * address (RFC 4291 section 2.5.5.2) gives the IPv4 address.
     *
     * @return null if the text is not an address
     */
    public static @Nullable InetAddress parse(String text) {
        return isIpv4(text) ? literal(text) : ipv6(bare(text));
    }

    /** Removes enclosing brackets and a zone, which an IPv6 address may have. */
    public static String bare(String text) {
        String inside = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        int zone = inside.indexOf('%');
        return zone < 0 ? inside : inside.substring(0, zone);
    }

    /**
     * An address as others expect it: without brackets and zone, and IPv6 as in RFC 5952 section 4, which leaves out the
     * longest run of zeros. Anything else stays as it is.
     */
    public static String canonical(String text) {
        String bare = bare(text);
        InetAddress ipv6 = bare.indexOf(':') < 0 ? null : ipv6(bare);
        return ipv6 == null ? bare : shortened(ipv6.getHostAddress()); // of IPv4, if it is mapped
    }

    private static String shortened(String address) {
        List<String> groups = List.of(address.split(":"));
        int begin = 0;
        int length = 1; // a single zero is not left out
        for (int i = 0, run = 0; i < groups.size(); i++) {
            run = groups.get(i).equals("0") ? run + 1 : 0;
            if (run > length) {
                length = run;
                begin = i + 1 - run;
            }
        }
        return length == 1
                ? address
                : String.join(":", groups.subList(0, begin)) + "::"
                        + String.join(":", groups.subList(begin + length, groups.size()));
    }

    static boolean isIpv4(String text) {
        return IPV4.matcher(text).matches();
    }

    /** Returns null unless the text is an IPv6 address without brackets and zone. */
    static @Nullable InetAddress ipv6(String text) {
        // With brackets, InetAddress accepts only a literal.
        return IPV6_CHARACTERS.matcher(text).matches() ? literal("[" + text + "]") : null;
    }

    private static @Nullable InetAddress literal(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
