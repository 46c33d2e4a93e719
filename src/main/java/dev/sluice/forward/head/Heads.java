package dev.sluice.forward.head;

import dev.sluice.forward.container.Container;
import dev.sluice.observe.Transaction;
import dev.sluice.routing.Rule;
import dev.sluice.target.Placement;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.message.BasicHttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * The heads of one exchange: the request's as a target gets it, and the response's as the client gets it.
 * {@link Headers} decides which fields pass; what comes from the rule, the placement and the settings is made here.
 * Called with the exchange's monitor held.
 */
public final class Heads {

    private static final Pattern GRPC = Pattern.compile("(?i)application/grpc(?:[+; ].*)?");

    private final HeadSettings settings;
    private final Rule<TargetGroup> rule;
    private final Placement placement;
    private final Transaction transaction;
    private final Container container;
    private final HttpServletRequest clientRequest;
    private final HttpServletResponse clientResponse;

    public Heads(
            HeadSettings settings,
            Rule<TargetGroup> rule,
            Placement placement,
            Transaction transaction,
            Container container,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse) {
        this.settings = settings;
        this.rule = rule;
        this.placement = placement;
        this.transaction = transaction;
        this.container = container;
        this.clientRequest = clientRequest;
        this.clientResponse = clientResponse;
    }

    /**
     * Makes the request for this target.
     *
     * @param body null for none
     * @param upgrade the protocols that the client asks for instead; null for none
     */
    public HttpRequest toTarget(Target target, @Nullable EntityDetails body, @Nullable String upgrade) {
        String passedHost = passedHost();
        String rewritten = rule.rewrite(clientRequest.getRequestURI(), target.basePath());
        HttpRequest request = Headers.targetRequest(
                clientRequest,
                passedHost == null ? target.authority() : passedHost,
                Headers.requestTarget(rewritten, clientRequest),
                body,
                upgrade,
                settings.forwarded(),
                settings.ownCookies());
        Via via = settings.via();
        if (via != null) {
            request.addHeader(Via.FIELD, via.ofRequest(clientRequest));
        }
        Headers.identify(request, transaction);
        return request;
    }

    /** The client's Host; null if it has sent none, or targets are not to get it. */
    private @Nullable String passedHost() {
        return rule.targetGroup().forwarding().preserveHostHeader() ? Forwarded.host(clientRequest) : null;
    }

    /**
     * Writes the head of this target's response.
     *
     * @param body null for none
     */
    public void toClient(HttpResponse head, @Nullable EntityDetails body, Target target) {
        HttpResponse ahead = body == null && isStatusOnly(head) ? withStatusBehind(head) : head;
        Headers.copy(ahead, body, locations(target), clientResponse);
        String protocols = mayUpgrade() ? UpgradeField.demanded(head) : null;
        if (protocols != null) {
            upgradeTo(protocols);
        }
        Via via = settings.via();
        if (via != null) {
            clientResponse.addHeader(Via.FIELD, via.ofResponse(head.getVersion()));
        }
        if (placement.isSticky()) {
            stick(head, target);
        }
    }

    /** As {@link JettyInterimResponse#send}; only in Jetty. */
    public CompletableFuture<Void> interimToClient(HttpResponse head) {
        return JettyInterimResponse.send(head, settings.via(), clientResponse);
    }

    /** Adds the protocols that the target has agreed to, or demands, to the response's head (RFC 9110 section 7.8). */
    public void upgradeTo(String protocols) {
        clientResponse.setHeader("Connection", "Upgrade");
        clientResponse.setHeader("Upgrade", protocols);
    }

    private boolean mayUpgrade() {
        return container.canUpgrade() && clientRequest.getProtocol().equals("HTTP/1.1");
    }

    /** Whether this is the status of a gRPC call and nothing else, which its client would not take for that. */
    private boolean isStatusOnly(HttpResponse head) {
        Header type = head.getFirstHeader("Content-Type");
        return !Headers.isHttp1(clientRequest)
                && type != null
                && isGrpc(type.getValue())
                && head.containsHeader("grpc-status")
                && container.endsEmptyResponsesApart();
    }

    /** Moves the fields that may be trailers into the trailers, and returns the head without them. */
    private HttpResponse withStatusBehind(HttpResponse head) {
        HttpResponse rest = new BasicHttpResponse(head.getCode());
        rest.setVersion(head.getVersion());
        List<Header> behind = new ArrayList<>();
        for (Header field : head.getHeaders()) {
            if (Trailers.mayTrail(field.getName())) {
                behind.add(field);
            } else {
                rest.addHeader(field);
            }
        }
        Map<String, String> trailers = Trailers.merged(behind);
        clientResponse.setTrailerFields(() -> trailers);
        return rest;
    }

    private @Nullable LocationRewrite locations(Target target) {
        if (!rule.targetGroup().forwarding().locationRewrite()) {
            return null;
        }
        Forwarded forwarded = settings.forwarded();
        return new LocationRewrite(
                rule,
                clientRequest.getRequestURI(),
                target.route().getTargetHost(),
                target.basePath(),
                passedHost(),
                forwarded.isSecure(clientRequest) ? "https" : "http",
                forwarded.originalHost(clientRequest));
    }

    private void stick(HttpResponse head, Target target) {
        List<String> setCookies = Arrays.stream(head.getHeaders("Set-Cookie"))
                .map(Header::getValue)
                .toList();
        String cookie =
                placement.answeredBy(target, setCookies, settings.forwarded().isSecure(clientRequest));
        if (cookie != null) {
            clientResponse.addHeader("Set-Cookie", cookie);
        }
    }

    /**
     * Whether the client may get trailers: if its target may send some, in HTTP/1 only after a chunked body and, towards the
     * client, if that says that it accepts them. Not after 205, which has no content (RFC 9110 section 15.3.6): Tomcat
     * would not end it.
     */
    public boolean mayHaveTrailers(int status, EntityDetails body) {
        boolean isChunked = body.getContentLength() < 0;
        boolean canBePassed = Headers.isHttp1(clientRequest)
                ? isChunked && Trailers.areTakenBy(clientRequest)
                : isChunked || rule.targetGroup().transport().isHttp2();
        return canBePassed && status != HttpStatus.SC_RESET_CONTENT;
    }

    /** Whether this is gRPC. Not true of gRPC-Web, which has its status in the body. */
    public static boolean isGrpc(@Nullable String contentType) {
        return contentType != null && GRPC.matcher(contentType).matches();
    }
}
