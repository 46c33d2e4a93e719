package dev.sluice.forward.head;

import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A browser's request. Its methods are as cheap as possible, because what is measured is the code that calls them. All
 * other methods throw.
 */
final class ClientRequest extends HttpServletRequestWrapper {

    private static final ServletContext CONTEXT = nothing(ServletContext.class);

    private final Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    ClientRequest() {
        super(nothing(HttpServletRequest.class));
        fields.put("Host", List.of("www.example.com"));
        fields.put("User-Agent", List.of("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"));
        fields.put("Accept", List.of("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        fields.put("Accept-Language", List.of("en-US,en;q=0.5"));
        fields.put("Accept-Encoding", List.of("gzip, deflate, br, zstd"));
        fields.put("Referer", List.of("https://www.example.com/articles"));
        fields.put("Connection", List.of("keep-alive"));
        fields.put("Cookie", List.of("session=0123456789abcdef; theme=dark"));
    }

    private static <T> T nothing(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                ClientRequest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    throw new UnsupportedOperationException(method.getName());
                }));
    }

    @Override
    public ServletContext getServletContext() {
        return CONTEXT;
    }

    @Override
    public boolean isSecure() {
        return false;
    }

    @Override
    public String getMethod() {
        return "GET";
    }

    @Override
    public String getProtocol() {
        return "HTTP/1.1";
    }

    @Override
    public String getScheme() {
        return "http";
    }

    @Override
    public String getQueryString() {
        return "page=2&order=price";
    }

    @Override
    public String getRemoteAddr() {
        return "192.0.2.7";
    }

    @Override
    public int getLocalPort() {
        return 8080;
    }

    @Override
    public long getContentLengthLong() {
        return -1;
    }

    @Override
    public Enumeration<String> getHeaderNames() {
        return Collections.enumeration(fields.keySet());
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        return Collections.enumeration(fields.getOrDefault(name, List.of()));
    }

    @Override
    public @Nullable String getHeader(String name) {
        List<String> values = fields.get(name);
        return values == null ? null : values.get(0);
    }
}
