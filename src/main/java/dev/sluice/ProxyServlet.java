package dev.sluice;

import dev.sluice.admin.Admin;
import dev.sluice.forward.BrokenOff;
import dev.sluice.forward.head.RequestCheck;
import dev.sluice.observe.ErrorLog;
import dev.sluice.observe.Phase;
import dev.sluice.observe.TerminationCause;
import dev.sluice.observe.Transaction;
import dev.sluice.routing.AmbiguousPathException;
import dev.sluice.routing.Methods;
import dev.sluice.routing.Rule;
import dev.sluice.target.Lease;
import dev.sluice.target.Placement;
import dev.sluice.target.TargetGroup;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** The only servlet: every request enters here, is matched to a rule, gets a target, and is forwarded. Thread-safe. */
public final class ProxyServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    /** RFC 5842 section 7.2. */
    private static final int LOOP_DETECTED = 508;

    private static final String ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    @SuppressWarnings("NullAway.Init") // init comes before any request
    private transient LiveLoadBalancer live;

    @Override
    public void init() {
        live = LoadBalancerListener.live(getServletContext());
    }

    @Override
    protected void service(HttpServletRequest clientRequest, HttpServletResponse clientResponse)
            throws ServletException, IOException {
        if (clientRequest.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) != null) {
            clientResponse.setContentLength(0); // instead of the host's error page, see web.xml
            return;
        }
        BrokenOff.rethrow(clientRequest, clientResponse);
        LoadBalancer loadBalancer = live.current(); // once, so that the request sees one configuration
        Admin admin = loadBalancer.admin();
        if (admin != null && admin.serve(clientRequest, clientResponse)) {
            return;
        }
        Transaction transaction = loadBalancer.recorder().begin(clientRequest);
        try {
            check(clientRequest, loadBalancer.maxUriBytes());
            refuseLoops(clientRequest, loadBalancer);
            Rule<TargetGroup> rule = match(clientRequest, loadBalancer);
            transaction.routed(rule.pathPrefix(), rule.targetGroup().name());
            Placement placement = rule.targetGroup().place(() -> clientRequest.getHeaders("Cookie"));
            if (clientRequest.getContentLengthLong()
                    > rule.targetGroup().forwarding().maxRequestBodyBytes()) {
                loadBalancer.forwarder().refuseBody(rule, placement, transaction, clientRequest, clientResponse);
                return;
            }
            Lease lease = placement.acquire(); // null if no target has room, or there is none
            loadBalancer.forwarder().forward(rule, placement, lease, transaction, clientRequest, clientResponse);
        } catch (Refusal refusal) {
            try {
                refuse(transaction, clientResponse, refusal);
            } finally {
                transaction.failed(refusal.cause, Phase.REQUEST, refusal.reason);
                transaction.clientAnswered(refusal.status);
                transaction.end(0, 0);
            }
        } catch (ServletException | IOException | RuntimeException | Error e) {
            transaction.end(TerminationCause.INTERNAL, "failed unexpectedly", 0, 0);
            throw e;
        }
    }

    private static void check(HttpServletRequest clientRequest, int maxUriBytes) throws Refusal {
        if (!Methods.mayBeForwarded(clientRequest.getMethod())) {
            throw new Refusal(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "this method is never forwarded");
        }
        if (RequestCheck.isLonger(clientRequest, maxUriBytes)) {
            throw new Refusal(
                    HttpServletResponse.SC_REQUEST_URI_TOO_LONG,
                    "path and query have more than " + maxUriBytes + " bytes");
        }
        String fault = RequestCheck.fault(clientRequest);
        if (fault != null) {
            throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, fault);
        }
    }

    private static void refuseLoops(HttpServletRequest clientRequest, LoadBalancer loadBalancer) throws Refusal {
        if (loadBalancer.forwarder().isLoop(clientRequest)) {
            throw new Refusal(LOOP_DETECTED, "the request has been here before, as its Via says");
        }
    }

    private static Rule<TargetGroup> match(HttpServletRequest clientRequest, LoadBalancer loadBalancer) throws Refusal {
        try {
            Rule<TargetGroup> rule = loadBalancer.rules().match(clientRequest.getRequestURI());
            if (rule == null) {
                throw new Refusal(HttpServletResponse.SC_NOT_FOUND, TerminationCause.LOCAL, "no rule matches");
            }
            return rule;
        } catch (AmbiguousPathException e) {
            throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, String.valueOf(e.getMessage()));
        }
    }

    private static void refuse(Transaction transaction, HttpServletResponse clientResponse, Refusal refusal) {
        ErrorLog.answered(refusal.status, transaction, refusal.reason);
        if (refusal.status == HttpServletResponse.SC_METHOD_NOT_ALLOWED) {
            clientResponse.setHeader("Allow", ALLOWED_METHODS); // RFC 9110 section 15.5.6
        }
        boolean isHttp1 = transaction.protocol().startsWith("HTTP/1");
        if (refusal.status == HttpServletResponse.SC_BAD_REQUEST && isHttp1) {
            clientResponse.setHeader("Connection", "close"); // nothing else on this connection can be trusted
        }
        clientResponse.setStatus(refusal.status); // sendError would add the host's error page
        clientResponse.setContentLength(0);
    }

    /**
     * Why a request is not forwarded, and the status that says so. Has no stack trace, because it is an ordinary
     * outcome.
     */
    private static final class Refusal extends Exception {

        private static final long serialVersionUID = 1;

        private final int status;
        private final TerminationCause cause;
        private final String reason;

        /** For a request that no target is to see. */
        Refusal(int status, String reason) {
            this(status, TerminationCause.PROXY, reason);
        }

        Refusal(int status, TerminationCause cause, String reason) {
            super(reason, null, false, false);
            this.status = status;
            this.cause = cause;
            this.reason = reason;
        }
    }
}
