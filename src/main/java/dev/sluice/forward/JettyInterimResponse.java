package dev.sluice.forward;

import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.CompletableFuture;
import org.apache.hc.core5.http.HttpResponse;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Response;

/**
 * An answer before the answer (RFC 9110 section 15.2), which in Jetty can be sent without waiting for the client. Tomcat would keep it until
 * the answer itself, and other hosts cannot send it at all.
 */
final class JettyInterimResponse {

    private JettyInterimResponse() {}

    /** Sends it. Until that is done, which any thread may say, nothing else is to be sent. */
    static CompletableFuture<Void> send(HttpResponse interim, HttpServletResponse clientResponse) {
        try {
            HttpFields.Mutable fields = HttpFields.build();
            Headers.forEach(interim, fields::add);
            return KnownHost.behind(clientResponse, "getResponse", Response.class)
                    .writeInterim(interim.getCode(), fields.asImmutable());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
