package dev.sluice.admin;

import dev.sluice.config.AdminConfiguration;
import dev.sluice.observe.ErrorLog;
import dev.sluice.routing.Rules;
import dev.sluice.target.TargetGroup;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;

/**
 * All that is below ADMIN_PATH. Whose address is not allowed is answered as if there were nothing: who may not see it need not know of
 * it. Safe for use by many threads.
 */
public final class Admin implements AutoCloseable {

    private static final Set<String> READING = Set.of("GET", "HEAD");

    private final AdminConfiguration configuration;
    private final AdminPath path;
    private final Map<String, Page> pages = new TreeMap<>();
    private final TargetActions actions;
    private final Authorization authorization;

    /** @param timer for short tasks */
    public Admin(
            AdminConfiguration configuration,
            Lifetime lifetime,
            Rules<TargetGroup> rules,
            List<TargetGroup> targetGroups,
            ScheduledExecutorService timer) {
        this.configuration = configuration;
        this.path = new AdminPath(configuration.path());
        this.actions = new TargetActions(targetGroups, timer);
        this.authorization = new Authorization(configuration.token());
        Readiness readiness = new Readiness(lifetime, targetGroups);
        Status status = new Status(lifetime, configuration.path(), rules, targetGroups);
        pages.put("/live", (request, response) -> Answer.text(200, "live").send(request, response));
        pages.put("/ready", (request, response) -> readiness.answer().send(request, response));
        Explanation explanation = new Explanation(path, rules);
        pages.put(
                "/explain",
                (request, response) -> explanation
                        .answer(new Query(request.getQueryString()), wantsJson(request))
                        .send(request, response));
        pages.put("/status", (request, response) -> status.answer().send(request, response));
    }

    private static boolean wantsJson(HttpServletRequest request) {
        String accept = request.getHeader("Accept");
        return accept != null && accept.contains(Answer.JSON);
    }

    /**
     * Answers a request that is for ADMIN_PATH, however that is spelt.
     *
     * @return false if it is not, and was not touched
     */
    public boolean serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String rawPath = request.getRequestURI();
        if (!path.mayBeMeant(rawPath)) {
            return false;
        }
        if (!configuration.allows(request.getRemoteAddr())) {
            ErrorLog.answered(
                    404, request.getMethod(), rawPath, request.getRemoteAddr() + " may not see what is at ADMIN_PATH");
            response.setStatus(404);
            response.setContentLength(0);
            return true;
        }
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Content-Type-Options", "nosniff");
        String rest = path.rest(rawPath);
        if (rest == null) {
            refuse(404, "this is ADMIN_PATH in another spelling; it is " + configuration.path(), request, response);
            return true;
        }
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
            String known = String.join(", ", pages.keySet());
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
        if (!TargetActions.know(targetPath.action())) {
            refuse(404, "a target knows no " + targetPath.action() + ", but drain and enable", request, response);
            return;
        }
        if (!request.getMethod().equals("POST")) {
            response.setHeader("Allow", "POST");
            refuse(405, "this is only for POST", request, response);
            return;
        }
        Answer refusal = authorization.refusal(request, response);
        Answer answer = refusal == null ? actions.perform(targetPath, request, response) : refusal;
        if (answer != null && answer.status() >= 400) {
            refuse(answer.status(), answer.body().strip(), request, response);
        } else if (answer != null) {
            answer.send(request, response);
        }
    }

    private static void refuse(int status, String reason, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        ErrorLog.answered(status, request.getMethod(), request.getRequestURI(), reason);
        Answer.text(status, reason).send(request, response);
    }

    /** Whether nobody waits. */
    public boolean isIdle() {
        return actions.areIdle();
    }

    /** Ends what waits. */
    @Override
    public void close() {
        actions.close();
    }
}
