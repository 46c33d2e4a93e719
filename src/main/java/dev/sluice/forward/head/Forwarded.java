package dev.sluice.forward.head;

import dev.sluice.config.ForwardedConfiguration;
import dev.sluice.config.IpAddress;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.forward.container.Container;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * The statements about who asked: those to the target, in X-Forwarded-For and its like and in Forwarded (RFC 7239), and
 * those of the client, if it is a trusted proxy. From any other client, no field is passed on that a target might take
 * for such a statement. Immutable.
 */
public final class Forwarded {

    private static final String FORWARDED = "Forwarded";
    private static final String FOR = "X-Forwarded-For";
    private static final String PROTO = "X-Forwarded-Proto";
    private static final String HOST = "X-Forwarded-Host";
    private static final String PORT = "X-Forwarded-Port";

    private static final Pattern WITH_PORT = Pattern.compile("(?:\\[.*]|[^:]*):([0-9]{1,5})");
    private static final String PREFIX = "x-forwarded-";

    /** RFC 7239 section 6.2. Stands for a client without an address, in X-Forwarded-For too. */
    private static final String UNKNOWN = "unknown";

    /**
     * Fields beside X-Forwarded-* in which proxies state who asked, how, and for what. A target that believes them can
     * be deceived by them.
     */
    private static final Set<String> SAID_BY_PROXIES = FieldSyntax.names(
            FORWARDED, "X-Forwarded", "X-Real-IP", "X-Original-URL", "X-Rewrite-URL", "Front-End-Https");

    private final ForwardedConfiguration configuration;

    public Forwarded(ForwardedConfiguration configuration) {
        this.configuration = configuration;
    }

    /** Whether the client's statements are believed: whether its own socket has the address of a trusted proxy. */
    boolean isTrusted(HttpServletRequest clientRequest) {
        return !configuration.trustedProxies().isEmpty() && configuration.trusts(clientRequest.getRemoteAddr());
    }

    /**
     * Whether a client's field is not copied: {@link #tell} continues it, or nobody should believe it.
     *
     * @param trusted whether the client is trusted
     */
    boolean replaces(String name, boolean trusted) {
        if (!isOfProxies(name)) {
            return false;
        }
        return !trusted
                || (configuration.headers().includeXForwarded() && name.equalsIgnoreCase(FOR))
                || (configuration.headers().includeForwarded() && name.equalsIgnoreCase(FORWARDED));
    }

    /**
     * Whether only proxies set this field. An underscore counts as a hyphen, since many targets cannot tell them apart:
     * the variables of CGI, WSGI and FastCGI have one character for both.
     */
    static boolean isOfProxies(String name) {
        char initial = name.isEmpty() ? 0 : name.charAt(0);
        if (initial != 'X' && initial != 'x' && initial != 'F' && initial != 'f') {
            return false;
        }
        String hyphenated = name.indexOf('_') < 0 ? name : name.replace('_', '-');
        return hyphenated.regionMatches(true, 0, PREFIX, 0, PREFIX.length()) || SAID_BY_PROXIES.contains(hyphenated);
    }

    /**
     * Tells the target who asked. The lists of a trusted proxy, X-Forwarded-For and Forwarded, are continued; its other
     * fields stay as they are, and only missing ones are added.
     *
     * @param targetRequest already has the client's fields
     * @param trusted whether the client is trusted
     */
    void tell(HttpServletRequest clientRequest, boolean trusted, HttpRequest targetRequest) {
        if (configuration.headers().includeXForwarded()) {
            String address = address(clientRequest);
            targetRequest.addHeader(FOR, trusted ? joined(clientRequest.getHeaders(FOR), address) : address);
            tell(PROTO, scheme(clientRequest), trusted, targetRequest);
            tell(HOST, host(clientRequest), trusted, targetRequest);
            tell(PORT, port(clientRequest, trusted), trusted, targetRequest);
        }
        if (configuration.headers().includeForwarded()) {
            String element = element(clientRequest);
            targetRequest.addHeader(
                    FORWARDED, trusted ? joined(wellFormed(clientRequest.getHeaders(FORWARDED)), element) : element);
        }
    }

    /**
     * The port that the client used. Of a trusted proxy that says how it was reached, but not at which port, it is the
     * one that belongs to what it says: Sluice's own would contradict that. Forwarded says nothing here, since these
     * fields are to agree with each other.
     */
    private String port(HttpServletRequest clientRequest, boolean trusted) {
        if (!trusted || (value(PROTO, clientRequest) == null && value(HOST, clientRequest) == null)) {
            return Integer.toString(Container.port(clientRequest));
        }
        String host = originalHost(clientRequest);
        if (host != null) {
            Matcher withPort = WITH_PORT.matcher(host);
            if (withPort.matches()) {
                return withPort.group(1);
            }
        }
        String proto = value(PROTO, clientRequest);
        return isOverTls(proto == null ? scheme(clientRequest) : proto) ? "443" : "80";
    }

    private static void tell(String name, @Nullable String value, boolean trusted, HttpRequest targetRequest) {
        if (value != null && !(trusted && targetRequest.containsHeader(name))) {
            targetRequest.addHeader(name, value);
        }
    }

    /**
     * The client's Host, or in HTTP/2 its {@code :authority}; null if it has none. The authority of an absolute
     * request-target would take precedence (RFC 9112 section 3.2.2), but hosts refuse a Host that differs from it.
     */
    public static @Nullable String host(HttpServletRequest clientRequest) {
        String host = clientRequest.getHeader("Host");
        if (host != null || Headers.isHttp1(clientRequest)) {
            return host;
        }
        String name = clientRequest.getServerName();
        if (name == null) {
            return null; // the client has already gone
        }
        String authority = TargetConfiguration.authority(IpAddress.bare(name), clientRequest.getServerPort());
        String defaultPort = clientRequest.getScheme().equals("https") ? ":443" : ":80";
        return authority.endsWith(defaultPort)
                ? authority.substring(0, authority.length() - defaultPort.length())
                : authority;
    }

    /** The Host of the original request, as the first trusted proxy got it; null if there is none. */
    @Nullable
    String originalHost(HttpServletRequest clientRequest) {
        String said = isTrusted(clientRequest) ? value(HOST, clientRequest) : null;
        return said == null ? host(clientRequest) : said;
    }

    /** Whether the original request came over TLS, to the first trusted proxy. */
    boolean isSecure(HttpServletRequest clientRequest) {
        String said = isTrusted(clientRequest) ? saidScheme(clientRequest) : null;
        return said == null ? Container.isSecure(clientRequest) : isOverTls(said);
    }

    private static boolean isOverTls(String scheme) {
        return scheme.equalsIgnoreCase("https") || scheme.equalsIgnoreCase("wss");
    }

    private static @Nullable String saidScheme(HttpServletRequest clientRequest) {
        String proto = value(PROTO, clientRequest);
        if (proto != null) {
            return proto;
        }
        Enumeration<String> elements = wellFormed(clientRequest.getHeaders(FORWARDED));
        return elements.hasMoreElements() ? ForwardedElement.parameter(elements.nextElement(), "proto") : null;
    }

    /** What the proxy next to the client says; null for nothing. */
    private static @Nullable String value(String name, HttpServletRequest clientRequest) {
        String list = clientRequest.getHeader(name);
        return list == null || list.isBlank() ? null : first(list);
    }

    /** {@code https} if the request came over TLS, else {@code http}, whatever its client says. */
    public static String scheme(HttpServletRequest clientRequest) {
        return Container.isSecure(clientRequest) ? "https" : "http";
    }

    /** The first element of a comma-separated list: that of the proxy next to the client. */
    private static String first(String list) {
        int comma = list.indexOf(',');
        return (comma < 0 ? list : list.substring(0, comma)).strip();
    }

    private static String element(HttpServletRequest clientRequest) {
        StringBuilder element = new StringBuilder("for=").append(node(address(clientRequest)));
        String host = host(clientRequest);
        if (host != null && ForwardedElement.isText(host)) {
            element.append(";host=").append(ForwardedElement.value(host));
        }
        return element.append(";proto=").append(scheme(clientRequest)).toString();
    }

    /** An address as a node (RFC 7239 section 6). */
    private static String node(String address) {
        return address.indexOf(':') < 0 ? address : "\"[" + address + "]\"";
    }

    /** The client's address: hosts spell IPv6 addresses in different ways, and some put brackets around them. */
    private static String address(HttpServletRequest clientRequest) {
        String address = clientRequest.getRemoteAddr();
        return address == null || address.isEmpty() ? UNKNOWN : IpAddress.canonical(address);
    }

    /** One list of the values of several fields, followed by {@code last}. */
    private static String joined(Enumeration<String> values, String last) {
        StringBuilder list = new StringBuilder();
        while (values.hasMoreElements()) {
            String value = values.nextElement();
            if (!value.isBlank()) {
                list.append(value.strip()).append(", ");
            }
        }
        return list.append(last).toString();
    }

    /** The values, or none of them if one has an unclosed quoted string: it would swallow what follows it. */
    private static Enumeration<String> wellFormed(Enumeration<String> values) {
        List<String> list = Collections.list(values);
        return list.stream().allMatch(ForwardedElement::hasClosedQuotes)
                ? Collections.enumeration(list)
                : Collections.emptyEnumeration();
    }
}
