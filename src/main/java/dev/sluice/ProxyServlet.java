package dev.sluice;

import dev.sluice.forward.BrokenOff;
import dev.sluice.observe.ErrorLog;
import dev.sluice.routing.AmbiguousPathException;
import dev.sluice.routing.Rule;
import dev.sluice.target.Lease;
import dev.sluice.target.TargetGroup;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The one servlet: every request enters here, is matched, gets a target, and is forwarded. Safe for use by many threads. */
public final class ProxyServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    /** TRACE would show a target's view of the request to whoever asks, CONNECT is for forward proxies. */
    private static final Set<String> REFUSED_METHODS = Set.of("TRACE", "CONNECT");

    private static final String ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    @SuppressWarnings("NullAway.Init") // init comes before any request
    private transient LoadBalancer loadBalancer;

    @Override
    public void init() {
        loadBalancer = LoadBalancerListener.loadBalancer(getServletContext());
    }

    @Override
    protected void service(HttpServletRequest clientRequest, HttpServletResponse clientResponse)
            throws ServletException, IOException {
        BrokenOff.rethrow(clientRequest);
        if (REFUSED_METHODS.contains(clientRequest.getMethod())) {
            clientResponse.setHeader("Allow", ALLOWED_METHODS);
            answer(
                    clientRequest,
                    clientResponse,
                    HttpServletResponse.SC_METHOD_NOT_ALLOWED,
                    "this method is never forwarded");
            return;
        }
        if (isMutilated(clientRequest.getQueryString())) {
            answer(clientRequest, clientResponse, HttpServletResponse.SC_BAD_REQUEST, "the query is not UTF-8");
            return;
        }
        Rule<TargetGroup> rule;
        try {
            rule = loadBalancer.rules().match(clientRequest.getRequestURI());
        } catch (AmbiguousPathException e) {
            answer(clientRequest, clientResponse, HttpServletResponse.SC_BAD_REQUEST, String.valueOf(e.getMessage()));
            return;
        }
        if (rule == null) {
            answer(clientRequest, clientResponse, HttpServletResponse.SC_NOT_FOUND, "no rule matches");
            return;
        }
        Lease lease = rule.targetGroup().acquire();
        if (lease == null) {
            String reason = rule.targetGroup().name() + ": no target is available";
            answer(clientRequest, clientResponse, HttpServletResponse.SC_SERVICE_UNAVAILABLE, reason);
            return;
        }
        loadBalancer.forwarder().forward(rule, lease, clientRequest, clientResponse);
    }

    /** Raw bytes that are not ASCII do not belong into a query. Hosts decode them as UTF-8, and what is none is lost. */
    private static boolean isMutilated(@Nullable String query) {
        return query != null && query.indexOf('\uFFFD') >= 0;
    }

    private static void answer(
            HttpServletRequest clientRequest, HttpServletResponse clientResponse, int status, String reason) {
        ErrorLog.answered(status, clientRequest.getMethod(), clientRequest.getRequestURI(), reason);
        clientResponse.setStatus(status); // sendError would add the host's error page
        clientResponse.setContentLength(0);
    }
}
