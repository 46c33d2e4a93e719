package dev.sluice.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Addresses as they are written. Nothing is ever looked up. */
public final class IpAddress {

    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");
    private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9A-Fa-f:.]+");

    private IpAddress() {}

    /**
     * Reads an address. An IPv6 address may stand in brackets and have a zone, which is not looked at; one that IPv4 is mapped into (RFC
     * 4291 section 2.5.5.2) is the IPv4 address.
     *
     * @return null if it is none
     */
    public static @Nullable InetAddress parse(String text) {
        return isIpv4(text) ? literal(text) : ipv6(bare(text));
    }

    /** The same text without the brackets and the zone of an IPv6 address. */
    public static String bare(String text) {
        String inside = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        int zone = inside.indexOf('%');
        return zone < 0 ? inside : inside.substring(0, zone);
    }

    static boolean isIpv4(String text) {
        return IPV4.matcher(text).matches();
    }

    /** Null if it is no IPv6 address without brackets and zone. */
    static @Nullable InetAddress ipv6(String text) {
        // In brackets nothing but a literal is accepted.
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
