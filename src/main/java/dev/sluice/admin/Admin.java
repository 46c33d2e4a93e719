package dev.sluice.admin;

import dev.sluice.config.AdminConfiguration;
import dev.sluice.observe.ErrorLog;
import dev.sluice.observe.Metrics;
import dev.sluice.observe.Reloads;
import dev.sluice.routing.Rules;
import dev.sluice.target.ConnectionCount;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pages and actions below ADMIN_PATH. A client that {@link Access} does not let in gets 404, so that it does not
 * learn that they exist. Safe for use by many threads.
 */
public final class Admin implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Admin.class);

    private static final Set<String> READING = Set.of("GET", "HEAD");

    /**
     * Names and reasons come from outside. Whatever they contain, a browser runs and loads only Sluice's own resources,
     * and sends nothing elsewhere.
     */
    private static final String CONTENT_SECURITY_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
                    + " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final AdminPath path;
    private final Access access;
    private final Map<String, Page> pages = new TreeMap<>();
    private final TargetActions actions;
    private final Authorization authorization;
    private final Events events = new Events();
    private final StatusSource source;
    private final StatusPage statusPage;

    /**
     * @param reloads the results of configuration reloads
     * @param metrics the metrics of requests
     * @param connections returns the number of connections to a target
     * @param targetGroups all that are configured, in order
     * @param leaving returns the groups that are no longer configured and whose targets drain
     * @param timer for short tasks
     */
    public Admin(
            AdminConfiguration configuration,
            Lifetime lifetime,
            Reloads reloads,
            Metrics metrics,
            Function<Target, ConnectionCount> connections,
            Rules<TargetGroup> rules,
            List<TargetGroup> targetGroups,
            Supplier<List<TargetGroup>> leaving,
            ScheduledExecutorService timer) {
        this.path = new AdminPath(configuration.path());
        this.access = new Access(configuration);
        this.source = new StatusSource(lifetime, reloads, rules, targetGroups, leaving);
        this.actions = new TargetActions(source, timer);
        this.authorization = new Authorization(configuration.token());
        Readiness readiness = new Readiness(lifetime, rules);
        pages.put("/metrics", onItsOwnThread(new MetricsPage(metrics, new StateMetrics(source, connections))));
        pages.put("/live", (request, response) -> send(Answer.text(200, "live"), request, response));
        pages.put("/ready", (request, response) -> send(readiness.answer(), request, response));
        Explanation explanation = new Explanation(path, rules);
        pages.put("/explain", onItsOwnThread((request, response) -> {
            response.setHeader("Vary", "Accept");
            explanation
                    .answer(new Query(request.getQueryString()), Accept.prefersToText(request, Answer.JSON))
                    .send(request, response);
        }));
        this.statusPage = new StatusPage(source);
        show(statusPage, new StatusJson(source, configuration.path()), configuration.path());
    }

    private void show(StatusPage page, StatusJson json, String adminPath) {
        pages.put("/status", onItsOwnThread((request, response) -> {
            response.setHeader("Vary", "Accept");
            (Accept.prefersHtml(request) ? page.answer() : json.answer()).send(request, response);
        }));
        pages.put("/status.css", file("status.css", "text/css"));
        pages.put("/status.js", file("status.js", "text/javascript"));
        pages.put("/events", events);
        Page toStatus = redirection(adminPath + "/status");
        pages.put("", toStatus);
        pages.put("/", toStatus);
    }

    /**
     * Serves a slow or long page on a container thread of its own: the calling thread may be one that all clients
     * share.
     */
    private static Page onItsOwnThread(Page page) {
        return (request, response) -> {
            AsyncContext async = request.startAsync();
            async.setTimeout(0);
            async.start(() -> {
                try {
                    page.serve(request, response);
                } catch (IOException e) {
                    LOG.debug("A client left before it had its page", e);
                } catch (RuntimeException | Error e) {
                    LOG.error("A page could not be made", e);
                    response.setStatus(500);
                } finally {
                    complete(async);
                }
            });
        };
    }

    /** Completes a request that the client or the host may have ended already. */
    static void complete(AsyncContext async) {
        try {
            async.complete();
        } catch (RuntimeException e) {
            LOG.debug("The request is over already", e);
        }
    }

    private static void send(Answer answer, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        (answer.isShort() ? (Page) answer::send : onItsOwnThread(answer::send)).serve(request, response);
    }

    private static Page file(String name, String contentType) {
        Answer file = new Answer(200, contentType + ";charset=utf-8", Resource.text(name));
        return (request, response) -> send(file, request, response);
    }

    private static Page redirection(String location) {
        return (request, response) -> {
            response.setHeader("Location", location);
            send(Answer.text(302, location), request, response);
        };
    }

    /**
     * Samples the targets' request rates, and shows the viewers of the status page what there is now. Called each
     * second while the configuration is in use, by one thread at a time. Throws nothing.
     */
    public void sample() {
        try {
            source.targets().forEach(Target::sampleRates);
            events.send(statusPage::main);
        } catch (RuntimeException | Error e) {
            LOG.error("What there is to see could not be shown", e);
        }
    }

    /**
     * Answers a request for ADMIN_PATH or a path below it. Does not block: where that takes long, it
     * puts the request in async mode and answers later.
     *
     * @return false if the request is for another path; nothing was done with it
     * @throws IOException if the client has left
     */
    public boolean serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String rawPath = request.getRequestURI();
        String rest = path.rest(rawPath);
        if (rest == null) {
            return false;
        }
        String obstacle = access.obstacle(request);
        if (obstacle != null) {
            ErrorLog.answered(404, request.getMethod(), rawPath, obstacle);
            response.setStatus(404);
            response.setContentLength(0);
            return true;
        }
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        TargetPath targetPath = TargetPath.parse(rest);
        if (targetPath == null) {
            read(rest, request, response);
        } else {
            change(targetPath, request, response);
        }
        return true;
    }

    private void read(String rest, HttpServletRequest request, HttpServletResponse response) throws IOException {
        Page page = pages.get(rest);
        if (page == null) {
            String known =
                    pages.keySet().stream().filter(name -> name.length() > 1).collect(Collectors.joining(", "));
            refuse(404, "below ADMIN_PATH there is no such page, but " + known, request, response);
        } else if (!READING.contains(request.getMethod())) {
            response.setHeader("Allow", "GET, HEAD");
            refuse(405, "this page is only for GET and HEAD", request, response);
        } else {
            page.serve(request, response);
        }
    }

    private void change(TargetPath targetPath, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (!TargetActions.isAction(targetPath.action())) {
            refuse(
                    404,
                    "unknown action " + targetPath.action() + ": the actions on a target are drain and enable",
                    request,
                    response);
            return;
        }
        if (!request.getMethod().equals("POST")) {
            response.setHeader("Allow", "POST");
            refuse(405, "this action is only for POST", request, response);
            return;
        }
        Answer refusal = authorization.refusal(request, response);
        Answer answer = refusal == null ? actions.perform(targetPath, request, response) : refusal;
        if (answer != null) {
            answer(answer, request, response);
        }
    }

    private static void refuse(int status, String reason, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        answer(Answer.text(status, reason), request, response);
    }

    /** Also logs it if it is a refusal. */
    private static void answer(Answer answer, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (answer.status() >= 400) {
            ErrorLog.answered(
                    answer.status(),
                    request.getMethod(),
                    request.getRequestURI(),
                    answer.beginning() + " (asked by " + request.getRemoteAddr() + ")");
        }
        send(answer, request, response);
    }

    /** Whether no request waits for a target to drain. */
    public boolean isIdle() {
        return actions.areIdle();
    }

    /**
     * The admin pages of another configuration take over. Ends the event streams, whose clients then reconnect there.
     * Requests that wait for a target to drain go on waiting. Idempotent.
     */
    public void retire() {
        events.close();
    }

    /** As {@link #retire}; also ends, within moments, the requests that wait for a target to drain. Idempotent. */
    @Override
    public void close() {
        retire();
        actions.close();
    }
}
