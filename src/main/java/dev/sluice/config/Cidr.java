package dev.sluice.config;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A range of addresses, {@code 10.0.0.0/8} or {@code 2001:db8::/32} (RFC 4632 section 3.1, RFC 4291 section 2.3); a single one is a
 * range too. Immutable.
 *
 * @param network its first address, IPv4 where it was written as an IPv4-mapped IPv6 address
 * @param prefixLength how many bits all its addresses have in common
 */
public record Cidr(InetAddress network, int prefixLength) {

    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]{1,3}");

    /** So many bits stand in front of an IPv4 address that is mapped into IPv6. */
    private static final int MAPPED_BITS = 96;

    private static final int IPV4_BITS = 32;

    /** Whether the address is in it. An IPv4 address never is in a range of IPv6 addresses, nor the other way round. */
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
     * Whether an address is in one of the ranges.
     *
     * @param address as a host gives it; what is no address, as that of a local socket, is in none
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

    /** @throws IllegalArgumentException with a message for the user */
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
        int hostBits = bits(address) - prefixLength;
        BigInteger first =
                new BigInteger(1, address.getAddress()).shiftRight(hostBits).shiftLeft(hostBits);
        byte[] bytes = new byte[address.getAddress().length];
        byte[] significant = first.toByteArray(); // may have one more, of zeros
        int length = Math.min(significant.length, bytes.length);
        System.arraycopy(significant, significant.length - length, bytes, bytes.length - length, length);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int bits(InetAddress address) {
        return address.getAddress().length * Byte.SIZE;
    }

    /** As it is written; a single address without its length. */
    @Override
    public String toString() {
        String address = network.getHostAddress();
        return prefixLength == bits(network) ? address : address + "/" + prefixLength;
    }
}
