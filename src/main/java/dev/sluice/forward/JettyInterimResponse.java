package dev.sluice.forward;

import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.CompletableFuture;
import org.apache.hc.core5.http.HttpResponse;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Response;

/**
 * Sends interim responses (RFC 9110 section 15.2) in Jetty, which does so without waiting for the client. Tomcat would
 * hold one back until the final response, and other hosts cannot send any.
 */
final class JettyInterimResponse {

    private JettyInterimResponse() {}

    /**
     * Sends an interim response. Nothing else may be sent until the future completes, which may happen on any thread.
     */
    static CompletableFuture<Void> send(HttpResponse interim, HttpServletResponse clientResponse) {
        try {
            HttpFields.Mutable fields = HttpFields.build();
            Headers.forEach(interim, fields::add);
            return Container.behind(clientResponse, "getResponse", Response.class)
                    .writeInterim(interim.getCode(), fields.asImmutable());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
