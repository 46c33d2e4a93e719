package dev.sluice;

import dev.sluice.admin.Admin;
import dev.sluice.forward.BrokenOff;
import dev.sluice.forward.Forwarder;
import dev.sluice.forward.Refusal;
import dev.sluice.forward.head.RequestCheck;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The only servlet: every request enters here, is matched to a rule, gets a target, and is forwarded. Thread-safe. */
public final class ProxyServlet extends HttpServlet {

    private static final Logger LOG = LoggerFactory.getLogger(ProxyServlet.class);

    private static final long serialVersionUID = 1;

    @SuppressWarnings("NullAway.Init") // init comes before any request
    private transient LiveLoadBalancer live;

    @Override
    public void init() {
        live = SluiceContextListener.live(getServletContext());
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
            forwardOrRefuse(loadBalancer, transaction, clientRequest, clientResponse);
        } catch (ServletException | IOException | RuntimeException | Error e) {
            if (!(e instanceof IOException)) {
                LOG.error("A request failed", e); // not every host says so
            }
            transaction.end(TerminationCause.INTERNAL, "failed unexpectedly", 0, 0);
            throw e;
        }
    }

    private static void forwardOrRefuse(
            LoadBalancer loadBalancer,
            Transaction transaction,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse)
            throws ServletException, IOException {
        Forwarder forwarder = loadBalancer.forwarder();
        try {
            check(clientRequest, loadBalancer);
            Rule<TargetGroup> rule = match(clientRequest, loadBalancer);
            transaction.routed(rule.pathPrefix(), rule.targetGroup().name());
            checkLength(clientRequest, rule.targetGroup());
            Placement placement = rule.targetGroup().place(() -> clientRequest.getHeaders("Cookie"));
            Lease lease = placement.acquire(); // null if no target has room, or there is none
            forwarder.forward(rule, placement, lease, transaction, clientRequest, clientResponse);
        } catch (Refusal refusal) {
            forwarder.refuse(refusal, transaction, clientRequest, clientResponse);
        }
    }

    private static void check(HttpServletRequest clientRequest, LoadBalancer loadBalancer) throws Refusal {
        if (!Methods.mayBeForwarded(clientRequest.getMethod())) {
            throw Refusal.method();
        }
        int maxUriBytes = loadBalancer.maxUriBytes();
        if (RequestCheck.isLonger(clientRequest, maxUriBytes)) {
            throw Refusal.uriTooLong(maxUriBytes);
        }
        String fault = RequestCheck.fault(clientRequest);
        if (fault != null) {
            throw Refusal.invalid(fault);
        }
        if (loadBalancer.forwarder().isLoop(clientRequest)) {
            throw Refusal.loop();
        }
    }

    private static Rule<TargetGroup> match(HttpServletRequest clientRequest, LoadBalancer loadBalancer) throws Refusal {
        try {
            Rule<TargetGroup> rule = loadBalancer.rules().match(clientRequest.getRequestURI());
            if (rule == null) {
                throw Refusal.noRule();
            }
            return rule;
        } catch (AmbiguousPathException e) {
            throw Refusal.invalid(String.valueOf(e.getMessage()));
        }
    }

    private static void checkLength(HttpServletRequest clientRequest, TargetGroup targetGroup) throws Refusal {
        if (clientRequest.getContentLengthLong() > targetGroup.forwarding().maxRequestBodyBytes()) {
            throw Refusal.tooLarge();
        }
    }
}
