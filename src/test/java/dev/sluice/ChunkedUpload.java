package dev.sluice;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

/** A request whose body has unknown length and comes from a stream of the test's, whatever its client has sent. */
class ChunkedUpload extends HttpServletRequestWrapper {

    private final ServletInputStream body;

    ChunkedUpload(HttpServletRequest request, ServletInputStream body) {
        super(request);
        this.body = body;
    }

    @Override
    public @Nullable String getHeader(String name) {
        return name.equals("Transfer-Encoding") ? "chunked" : super.getHeader(name);
    }

    @Override
    public long getContentLengthLong() {
        return -1;
    }

    @Override
    public ServletInputStream getInputStream() {
        return body;
    }
}
