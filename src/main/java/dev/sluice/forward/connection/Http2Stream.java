package dev.sluice.forward.connection;

import dev.sluice.forward.head.ResponseCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.impl.IncomingEntityDetails;
import org.apache.hc.core5.http.nio.AsyncClientExchangeHandler;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.apache.hc.core5.http.nio.RequestChannel;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.http2.H2Error;
import org.apache.hc.core5.http2.H2StreamResetException;
import org.apache.hc.core5.net.URIAuthority;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a request over HTTP/2. Converts the request to HTTP/2, and checks that the response has the length that
 * it states, which HttpCore leaves to others. Called as the handler that it passes everything on to.
 */
final class Http2Stream implements AsyncClientExchangeHandler {

    private final ExchangeHandler handler;
    private final String scheme;

    private @Nullable Http2 connection; // null until the request is sent on it
    private String method = "";
    private @Nullable HttpResponse withoutBody; // a response that is held back until its stream has ended
    private long expected = -1; // bytes of the body; -1 if the head does not say
    private long received; // bytes of the body

    /** @param scheme {@code http} or {@code https} */
    Http2Stream(ExchangeHandler handler, String scheme) {
        this.handler = handler;
        this.scheme = scheme;
    }

    @Override
    public void produceRequest(RequestChannel channel, HttpContext context) throws HttpException, IOException {
        connection = TargetConnection.current().http2();
        handler.produceRequest(
                (request, body, requestContext) -> {
                    try {
                        channel.sendRequest(inHttp2(request), body, requestContext);
                    } catch (HttpException | RuntimeException e) {
                        throw new UnsendableException(e);
                    }
                },
                context);
    }

    /**
     * Sets the pseudo-header fields (RFC 9113 section 8.3.1). Removes connection-specific fields (section 8.2.2) and
     * Expect: HttpCore would wait for 100 Continue without a time-out.
     */
    private HttpRequest inHttp2(HttpRequest request) {
        method = request.getMethod();
        request.setScheme(scheme);
        request.setAuthority(authority(request.getFirstHeader("Host").getValue()));
        request.removeHeaders("Host");
        request.removeHeaders("Expect");
        request.removeHeaders("Connection");
        request.removeHeaders("Transfer-Encoding");
        return request;
    }

    /**
     * The authority that a Host field states: the host byte for byte, and the port unless it is empty. HttpCore's own
     * parser refuses some addresses.
     *
     * @param host a value that was checked by {@code RequestCheck} or is configured
     */
    static URIAuthority authority(String host) {
        int colon = host.indexOf(':', host.lastIndexOf(']') + 1);
        if (colon < 0) {
            return new URIAuthority(host, -1);
        }
        String port = host.substring(colon + 1);
        return new URIAuthority(host.substring(0, colon), port.isEmpty() ? -1 : Integer.parseInt(port));
    }

    @Override
    public int available() {
        return handler.available();
    }

    @Override
    public void produce(DataStreamChannel channel) throws IOException {
        handler.produce(channel);
    }

    @Override
    public void consumeInformation(HttpResponse response, HttpContext context) throws HttpException, IOException {
        handler.consumeInformation(response, context);
    }

    @Override
    public void consumeResponse(HttpResponse response, @Nullable EntityDetails body, HttpContext context)
            throws HttpException, IOException {
        long length = ResponseCheck.contentLength(response);
        int status = response.getCode();
        boolean bodiless = !ResponseHead.hasBody(method, status);
        if (body == null && length > 0 && !bodiless) {
            throw new ProtocolException("the response has no body, but a Content-Length of " + length);
        }
        if (body == null) {
            handler.consumeResponse(response, null, context);
        } else if (bodiless) {
            withoutBody = response;
            expected = 0;
        } else {
            expected = length;
            handler.consumeResponse(response, new IncomingEntityDetails(response, length), context);
        }
    }

    @Override
    public void consume(ByteBuffer source) throws IOException {
        received += source.remaining();
        if (expected >= 0 && received > expected) {
            throw new H2StreamResetException(H2Error.PROTOCOL_ERROR, "the response is longer than its Content-Length");
        }
        if (connection != null && connection.isOverrun()) {
            throw new H2StreamResetException(
                    H2Error.FLOW_CONTROL_ERROR, "the response exceeds its flow-control window");
        }
        if (source.hasRemaining()) {
            handler.consume(source);
        }
    }

    @Override
    public void updateCapacity(CapacityChannel window) throws IOException {
        if (connection != null) {
            handler.updateCapacity(connection.window(window));
        }
    }

    @Override
    public void streamEnd(@Nullable List<? extends Header> trailers) throws HttpException, IOException {
        if (expected > received) {
            throw new H2StreamResetException(H2Error.PROTOCOL_ERROR, "the response is shorter than its Content-Length");
        }
        if (withoutBody != null) {
            handler.consumeResponse(withoutBody, null, HttpCoreContext.create());
        } else {
            handler.streamEnd(trailers);
        }
    }

    @Override
    public void failed(Exception cause) {
        Http2 failing = connection == null ? TargetConnection.currentHttp2() : connection;
        handler.failed(failing == null ? cause : failing.explain(cause));
    }

    /** Called when the connection has ended before the request was sent on it. */
    @Override
    public void cancel() {
        Http2 ended = TargetConnection.currentHttp2();
        if (ended == null) {
            handler.cancel();
        } else {
            handler.failed(ended.explain(new ConnectionClosedException()));
        }
    }

    /**
     * Called when the stream is closed. If an interim response has ended it (RFC 9113 section 8.1.1), HttpCore reports
     * nothing else.
     */
    @Override
    public void releaseResources() {
        if (!handler.hasEnded()) {
            failed(new ProtocolException("the stream has ended without a response"));
        }
        handler.releaseResources();
    }
}
