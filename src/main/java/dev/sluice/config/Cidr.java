package dev.sluice.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A range of addresses, {@code 10.0.0.0/8} or {@code 2001:db8::/32} (RFC 4632 section 3.1, RFC 4291 section 2.3). A
 * single address is a range too. Immutable.
 *
 * @param network the first address; an IPv4-mapped IPv6 address is stored as IPv4
 * @param prefixLength the number of leading bits that all addresses have in common
 */
public record Cidr(InetAddress network, int prefixLength) {

    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]{1,3}");

    /** The length of the prefix of an IPv4-mapped IPv6 address. */
    private static final int MAPPED_BITS = 96;

    private static final int IPV4_BITS = 32;

    /**
     * Whether the address is in this range. No IPv4 address is in an IPv6 range, and no IPv6 address in an IPv4 range.
     */
    public boolean contains(InetAddress address) {
        byte[] bits = address.getAddress();
        byte[] first = network.getAddress();
        if (bits.length != first.length) {
            return false;
        }
        int whole = prefixLength / Byte.SIZE;
        for (int i = 0; i < whole; i++) {
            if (bits[i] != first[i]) {
                return false;
            }
        }
        int rest = prefixLength % Byte.SIZE;
        return rest == 0 || ((bits[whole] ^ first[whole]) & 0xFF) >> (Byte.SIZE - rest) == 0;
    }

    /**
     * Whether an address is in any of the ranges.
     *
     * @param address as the host reports it; anything that is not an IP address, such as that of a local socket, is in
     *     none
     */
    static boolean anyContains(List<Cidr> ranges, @Nullable String address) {
        InetAddress parsed = address == null ? null : IpAddress.parse(address);
        if (parsed == null) {
            return false;
        }
        for (Cidr range : ranges) {
            if (range.contains(parsed)) {
                return true;
            }
        }
        return false;
    }

    /** @throws IllegalArgumentException if the text is invalid; the message is for the user */
    static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        InetAddress address = IpAddress.parse(literal);
        if (address == null || literal.indexOf('%') >= 0) {
            throw new IllegalArgumentException(
                    "must be addresses or CIDRs with commas, as in 10.0.0.0/8,192.0.2.7,2001:db8::/32, not \"" + text
                            + "\"" + (address == null ? "; hostnames are not looked up" : ""));
        }
        int bits = bits(address);
        int offset = bits == IPV4_BITS && literal.indexOf(':') >= 0 ? MAPPED_BITS : 0;
        int length = slash < 0 ? bits : prefixLength(text, text.substring(slash + 1), offset, bits);
        InetAddress network = network(address, length);
        if (!network.equals(address)) {
            throw new IllegalArgumentException("in " + text + " bits are set beyond the first " + (offset + length)
                    + "; the range is " + new Cidr(network, length) + ", the address alone is " + literal);
        }
        return new Cidr(network, length);
    }

    private static int prefixLength(String text, String length, int offset, int bits) {
        if (WHOLE_NUMBER.matcher(length).matches()) {
            int number = Integer.parseInt(length) - offset;
            if (0 <= number && number <= bits) {
                return number;
            }
        }
        throw new IllegalArgumentException("the prefix length of " + text + " must be a whole number from " + offset
                + " to " + (offset + bits) + ", not \"" + length + "\"");
    }

    private static InetAddress network(InetAddress address, int prefixLength) {
        byte[] bytes = address.getAddress();
        for (int bit = prefixLength; bit < bits(address); bit++) {
            bytes[bit / Byte.SIZE] &= (byte) ~(0x80 >> bit % Byte.SIZE);
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int bits(InetAddress address) {
        return address.getAddress().length * Byte.SIZE;
    }

    /** The address and the prefix length; a single address without a length. */
    @Override
    public String toString() {
        String address = network.getHostAddress();
        return prefixLength == bits(network) ? address : address + "/" + prefixLength;
    }
}
