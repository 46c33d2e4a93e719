package dev.sluice;

import dev.sluice.config.AccessLogFormat;
import dev.sluice.config.IpAddress;
import dev.sluice.config.ObservationConfiguration;
import dev.sluice.forward.container.Container;
import dev.sluice.forward.head.Forwarded;
import dev.sluice.observe.Client;
import dev.sluice.observe.Identifiers;
import dev.sluice.observe.Observation;
import dev.sluice.observe.Transaction;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Begins the record of each request, with as much about the request as any observer wants. Immutable. */
final class RequestRecorder {

    private static final String CIPHER = "jakarta.servlet.request.cipher_suite";

    private final Observation observation;
    private final List<String> headers;
    private final boolean logs;
    private final boolean tracing;

    /** @param running the format of the access log that there is, which a reload does not change */
    RequestRecorder(ObservationConfiguration configuration, AccessLogFormat running, Observation observation) {
        this.observation = observation;
        this.headers = running.headers(configuration.accessLogHeaders());
        this.logs = observation.wantsClient(); // a reload does not switch the access log on or off
        this.tracing = configuration.tracing();
    }

    Transaction begin(HttpServletRequest clientRequest) {
        Transaction transaction = observation.begin(
                clientRequest.getMethod(),
                clientRequest.getRequestURI(),
                clientRequest.getQueryString(),
                clientRequest.getProtocol(),
                logs ? client(clientRequest) : null);
        if (logs || tracing) {
            transaction.identified(
                    identifier(
                            clientRequest,
                            Identifiers.REQUEST_ID,
                            Identifiers::isSoundRequestId,
                            Identifiers::newRequestId),
                    identifier(
                            clientRequest,
                            Identifiers.TRACEPARENT,
                            Identifiers::isTraceparent,
                            Identifiers::newTraceparent));
        }
        return transaction;
    }

    /** The client's, if it sent exactly one that is valid; else a new one, or null without tracing. */
    private @Nullable String identifier(
            HttpServletRequest clientRequest, String field, Predicate<String> condition, Supplier<String> made) {
        Enumeration<String> values = clientRequest.getHeaders(field);
        if (values.hasMoreElements()) {
            String value = values.nextElement();
            if (!values.hasMoreElements() && condition.test(value)) {
                return value;
            }
        }
        return tracing ? made.get() : null;
    }

    private Client client(HttpServletRequest clientRequest) {
        return new Client(
                IpAddress.canonical(orNothing(clientRequest.getRemoteAddr())),
                clientRequest.getRemotePort(),
                Forwarded.scheme(clientRequest),
                orNothing(Forwarded.host(clientRequest)),
                orNothing(clientRequest.getServerName()),
                clientRequest.getServerPort(),
                clientRequest.getAttribute(CIPHER) instanceof String cipher ? cipher : null,
                Container.tlsVersion(clientRequest),
                headers(clientRequest));
    }

    private Map<String, String> headers(HttpServletRequest clientRequest) {
        if (headers.isEmpty()) {
            return Map.of();
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (String name : headers) {
            Enumeration<String> fields = clientRequest.getHeaders(name);
            if (fields.hasMoreElements()) {
                values.put(name, String.join(", ", Collections.list(fields)));
            }
        }
        return values;
    }

    /** Hosts return null for a client that has already gone. */
    private static String orNothing(@Nullable String text) {
        return text == null ? "" : text;
    }
}
