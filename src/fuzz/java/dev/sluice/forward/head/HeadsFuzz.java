package dev.sluice.forward.head;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.message.BasicHttpResponse;

/** Checks that what passes the checks of a request head or a response head can be written in one way only. */
public final class HeadsFuzz {

    private static final Pattern SOUND_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern SOUND_VALUE = Pattern.compile("[\\x20-\\x7E\\t\\x80-\\x{10FFFF}]*");
    private static final Pattern SOUND_HOST = Pattern.compile("[^\\s/?#@\\\\,\\x00-\\x20\\x7F-\\x{10FFFF}]+");

    private static final List<String> NAMES =
            List.of("Host", "Host", "Transfer-Encoding", "Content-Length", "Connection", "X-Own");
    private static final List<String> VALUES = List.of(
            "shop.example",
            "[::1]",
            ":80",
            "chunked",
            "gzip",
            ", ",
            "5",
            "-",
            "+",
            "\r",
            "\n",
            "\0",
            "@",
            "/",
            "\t",
            "\u00e9");

    private record Field(String name, String value) {}

    private HeadsFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        String protocol = data.pickValue(List.of("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9"));
        String method = data.consumeBoolean() ? "GET" : data.consumeString(5);
        String query = data.consumeBoolean() ? null : data.consumeString(20);
        List<Field> fields = fields(data);
        HttpServletRequest request = request(protocol, method, query, fields);
        if (RequestCheck.fault(request) == null) {
            require(SOUND_NAME.matcher(method).matches(), method);
            require(!Headers.requestTarget("/", request).matches("(?s).*[\\x00-\\x20\\x7F#].*"), query);
            fields.forEach(HeadsFuzz::requireSound);
            List<String> hosts = values(fields, "Host");
            require(hosts.size() <= 1 && (hosts.size() == 1 || !protocol.equals("HTTP/1.1")), hosts);
            hosts.forEach(host -> require(SOUND_HOST.matcher(host).matches(), host));
            List<String> codings = values(fields, "Transfer-Encoding");
            List<String> lengths = values(fields, "Content-Length");
            require(codings.size() + lengths.size() <= 1, fields);
            codings.forEach(coding -> require(coding.equalsIgnoreCase("chunked"), coding));
        }
        checkResponse(fields);
    }

    private static List<Field> fields(FuzzedDataProvider data) {
        List<Field> fields = new ArrayList<>();
        while (data.remainingBytes() > 0 && fields.size() < 8) {
            String name = data.consumeInt(0, 5) == 0 ? data.consumeString(6) : data.pickValue(NAMES);
            StringBuilder value = new StringBuilder();
            for (int pieces = data.consumeInt(0, 3); pieces > 0; pieces--) {
                value.append(data.consumeBoolean() ? data.pickValue(VALUES) : data.consumeString(6));
            }
            fields.add(new Field(name, value.toString()));
        }
        return fields;
    }

    private static HttpServletRequest request(String protocol, String method, String query, List<Field> fields) {
        return (HttpServletRequest) Proxy.newProxyInstance(
                HeadsFuzz.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, called, arguments) -> switch (called.getName()) {
                    case "getProtocol" -> protocol;
                    case "getMethod" -> method;
                    case "getScheme" -> "http";
                    case "getQueryString" -> query;
                    case "getHeaderNames" ->
                        Collections.enumeration(
                                fields.stream().map(Field::name).distinct().toList());
                    case "getHeader" ->
                        values(fields, (String) arguments[0]).stream()
                                .findFirst()
                                .orElse(null);
                    case "getServerName" -> "localhost";
                    case "getServerPort" -> 80;
                    case "getHeaders" -> Collections.enumeration(values(fields, (String) arguments[0]));
                    default -> throw new UnsupportedOperationException(called.getName());
                });
    }

    private static List<String> values(List<Field> fields, String name) {
        return fields.stream()
                .filter(field -> field.name().equalsIgnoreCase(name))
                .map(Field::value)
                .toList();
    }

    private static void checkResponse(List<Field> fields) {
        BasicHttpResponse answer = new BasicHttpResponse(200);
        for (Field field : fields) {
            if (!field.name().isBlank()) { // HttpCore has no field without a name
                answer.addHeader(field.name(), field.value());
            }
        }
        try {
            ResponseCheck.check(answer);
        } catch (ProtocolException e) {
            return;
        }
        for (var header : answer.getHeaders()) {
            requireSound(new Field(header.getName(), header.getValue()));
        }
    }

    private static void requireSound(Field field) {
        require(SOUND_NAME.matcher(field.name()).matches(), field);
        require(SOUND_VALUE.matcher(field.value()).matches(), field);
    }

    private static void require(boolean holds, Object of) {
        if (!holds) {
            throw new IllegalStateException(String.valueOf(of));
        }
    }
}
