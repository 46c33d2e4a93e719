package dev.sluice.forward.head;

import dev.sluice.forward.container.JettyApi;
import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.CompletableFuture;
import org.apache.hc.core5.http.HttpResponse;
import org.eclipse.jetty.http.HttpFields;
import org.jspecify.annotations.Nullable;

/**
 * Sends interim responses (RFC 9110 section 15.2) in Jetty, which does so without waiting for the client. Tomcat would
 * hold one back until the final response, and other hosts cannot send any.
 */
final class JettyInterimResponse {

    private JettyInterimResponse() {}

    /**
     * Sends an interim response. Nothing else may be sent until the future completes, which may happen on any thread. A
     * Content-Length, which an interim response must not have (RFC 9110 section 8.6), is left out: Jetty would expect
     * the final response to have that length.
     *
     * @param via null if no message is to name Sluice
     */
    static CompletableFuture<Void> send(HttpResponse interim, @Nullable Via via, HttpServletResponse clientResponse) {
        try {
            HttpFields.Mutable fields = HttpFields.build();
            Headers.forEach(interim, (name, value) -> {
                if (!name.equalsIgnoreCase("Content-Length")) {
                    fields.add(name, value);
                }
            });
            if (via != null) {
                fields.add(Via.FIELD, via.ofResponse(interim.getVersion()));
            }
            return JettyApi.response(clientResponse).writeInterim(interim.getCode(), fields.asImmutable());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
