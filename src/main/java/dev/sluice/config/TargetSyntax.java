package dev.sluice.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Pattern;

/** The syntax of a target, see {@link TargetConfiguration}. Never does a DNS look-up. */
final class TargetSyntax {

    private static final String FORM = "a target is hostname:port[/base-uri] [weight=W]";

    /** The prefix of a service. */
    static final String SERVICE = "srv+http://";

    private static final String LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";

    /**
     * RFC 1123 section 2.1, plus the underscore, which container networks use. A trailing dot makes the name absolute.
     */
    private static final Pattern HOSTNAME = Pattern.compile("(?=.{1,253}\\.?$)" + LABEL + "(?:\\." + LABEL + ")*\\.?");

    /** A host whose last label is a number must be an IPv4 address. */
    private static final Pattern NUMERIC = Pattern.compile("(?:.*\\.)?[0-9]+\\.?");

    private static final Pattern SPACES = Pattern.compile("\\s+");
    private static final String WEIGHT = "weight=";
    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]{1,9}");
    private static final int DNS_PORT = 53;
    private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

    private TargetSyntax() {}

    /** @throws IllegalArgumentException if the target is invalid; the message is for the user */
    static TargetConfiguration parse(String target) {
        String[] words = SPACES.split(target, 2);
        return parse(words[0], words.length == 1 ? TargetConfiguration.DEFAULT_WEIGHT : weight(words[1]));
    }

    private static int weight(String attributes) {
        if (!attributes.startsWith(WEIGHT)) {
            throw new IllegalArgumentException("\"" + attributes + "\" is not an attribute of a target; " + FORM
                    + ", and targets are separated by commas");
        }
        String value = attributes.substring(WEIGHT.length());
        if (WHOLE_NUMBER.matcher(value).matches()) {
            int number = Integer.parseInt(value);
            if (number <= TargetConfiguration.MAX_WEIGHT) {
                return number;
            }
        }
        throw new IllegalArgumentException("the weight must be a whole number from 0 to "
                + TargetConfiguration.MAX_WEIGHT + ", not \"" + value + "\"");
    }

    private static TargetConfiguration parse(String target, int weight) {
        String lowerCase = target.toLowerCase(Locale.ROOT);
        if (lowerCase.startsWith(SERVICE)) {
            return service(target.substring(SERVICE.length()), weight);
        }
        if (lowerCase.startsWith("srv+")) {
            throw new IllegalArgumentException("a service begins with " + SERVICE + ", as in " + SERVICE
                    + "_api._tcp.example.com, not \"" + target + "\"");
        }
        if (lowerCase.startsWith("https://")) {
            throw new IllegalArgumentException(
                    "leave the scheme https:// away, and set PROTOCOL=HTTPS for the group: " + target.substring(8));
        }
        if (lowerCase.startsWith("http://")) {
            throw new IllegalArgumentException("leave the scheme http:// away: " + target.substring(7));
        }
        int slash = target.indexOf('/');
        String authority = slash < 0 ? target : target.substring(0, slash);
        String basePath = slash < 0 ? "" : PathSyntax.parse(target.substring(slash));
        if (authority.indexOf(';') >= 0) {
            throw new IllegalArgumentException("targets are separated by commas, not by semicolons: " + target);
        }
        int colon = authority.lastIndexOf(':');
        if (colon < 0 || colon == authority.length() - 1 || authority.endsWith("]")) {
            throw new IllegalArgumentException("the port of " + authority + " is missing; " + FORM);
        }
        return new TargetConfiguration(
                hostname(authority.substring(0, colon)), port(authority.substring(colon + 1)), basePath, weight);
    }

    private static TargetConfiguration service(String target, int weight) {
        int slash = target.indexOf('/');
        String name = slash < 0 ? target : target.substring(0, slash);
        if (!HOSTNAME.matcher(name).matches() || NUMERIC.matcher(name).matches()) {
            throw new IllegalArgumentException("a service must be a name such as " + SERVICE
                    + "_api._tcp.example.com, without a port, not \"" + name + "\"");
        }
        if (weight != TargetConfiguration.DEFAULT_WEIGHT) {
            throw new IllegalArgumentException(
                    "the weights of a service are those of its SRV records; leave weight= away");
        }
        return new TargetConfiguration(name, 0, slash < 0 ? "" : PathSyntax.parse(target.substring(slash)), weight);
    }

    /**
     * Parses the address of a name server, {@code address[:port]}.
     *
     * @throws IllegalArgumentException if the address is invalid; the message is for the user
     */
    static InetSocketAddress resolver(String resolver) {
        int colon = resolver.endsWith("]") ? -1 : resolver.lastIndexOf(':');
        String host = colon < 0 ? resolver : resolver.substring(0, colon);
        int port = colon < 0 ? DNS_PORT : port(resolver.substring(colon + 1));
        String literal = host.startsWith("[") || NUMERIC.matcher(host).matches() ? hostname(host) : "";
        if (literal.isEmpty()) {
            throw new IllegalArgumentException(
                    "a name server is address[:port], as in 192.0.2.53 or [2001:db8::53]:5353, not \"" + resolver
                            + "\"");
        }
        try {
            return new InetSocketAddress(InetAddress.getByName(literal), port); // a literal, so there is no look-up
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(resolver + " is not an address", e);
        }
    }

    private static String hostname(String host) {
        if (host.startsWith("[") && host.endsWith("]")) {
            return ipv6(host.substring(1, host.length() - 1));
        }
        if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("an IPv6 address must stand in brackets, as in [::1]:8080: " + host);
        }
        if (NUMERIC.matcher(host).matches()) {
            if (!IpAddress.isIpv4(host)) {
                throw new IllegalArgumentException("an IPv4 address must be four numbers from 0 to 255, not " + host);
            }
        } else if (!HOSTNAME.matcher(host).matches()) {
            throw new IllegalArgumentException(
                    "a hostname must be letters, digits, hyphens and underscores between dots, not \"" + host + "\"");
        }
        return host;
    }

    private static String ipv6(String address) {
        if (IpAddress.ipv6(address) != null) {
            return address;
        }
        throw new IllegalArgumentException("[" + address + "] must be an IPv6 address");
    }

    private static int port(String port) {
        if (PORT.matcher(port).matches()) {
            int number = Integer.parseInt(port);
            if (1 <= number && number <= 65535) {
                return number;
            }
        }
        throw new IllegalArgumentException("the port must be 1 to 65535, not " + port);
    }
}
