package dev.sluice.admin;

import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes targets out and puts them back. Whoever waits until nothing is in flight at a target holds no thread. Safe for use by many
 * threads.
 */
final class TargetActions implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TargetActions.class);

    private static final String DRAIN = "drain";
    private static final String ENABLE = "enable";

    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private final List<TargetGroup> targetGroups;
    private final ScheduledExecutorService timer;
    private final Set<Wait> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** How the wait for a target ends, and what that is answered: nothing but 200 says that it is safe to stop it. */
    private enum End {
        IDLE(200),
        TIME_OVER(504),
        PUT_BACK(409),
        STOPPED(503),
        CLIENT_LEFT(0);

        private final int status;

        End(int status) {
            this.status = status;
        }
    }

    /** @param timer for short tasks */
    TargetActions(List<TargetGroup> targetGroups, ScheduledExecutorService timer) {
        this.targetGroups = targetGroups;
        this.timer = timer;
    }

    /** Whether nobody waits. */
    boolean areIdle() {
        return waiting.isEmpty();
    }

    static boolean know(String action) {
        return action.equals(DRAIN) || action.equals(ENABLE);
    }

    /** Does what is asked for. Returns the answer, or null if that comes later, by the request's async context. */
    @Nullable
    Answer perform(TargetPath path, HttpServletRequest request, HttpServletResponse response) {
        TargetGroup group = find(targetGroups, TargetGroup::name, path.group());
        if (group == null) {
            return Answer.text(
                    404,
                    "there is no target group " + path.group() + ", but " + names(targetGroups, TargetGroup::name));
        }
        List<Target> targets = Stream.concat(group.targets().stream(), group.leaving().stream())
                .toList();
        Target target = find(targets, Target::name, path.target());
        if (target == null) {
            return Answer.text(
                    404, group.name() + " has no target " + path.target() + ", but " + names(targets, Target::name));
        }
        if (path.action().equals(ENABLE)) {
            group.putBack(target);
            return answer(200, group, target);
        }
        Duration wait = wait(new Query(request.getQueryString()).get("wait", "0"));
        return wait == null
                ? Answer.text(400, "wait must be seconds, a whole number from 0 to " + LONGEST_WAIT.toSeconds())
                : drain(group, target, wait, request, response);
    }

    private static <T> @Nullable T find(List<T> all, Function<T, String> name, String sought) {
        return all.stream()
                .filter(each -> name.apply(each).equals(sought))
                .findFirst()
                .orElse(null);
    }

    private static <T> String names(List<T> all, Function<T, String> name) {
        return all.isEmpty() ? "none" : all.stream().map(name).collect(Collectors.joining(", "));
    }

    private static @Nullable Duration wait(String seconds) {
        if (!seconds.matches("[0-9]{1,4}")) {
            return null;
        }
        Duration wait = Duration.ofSeconds(Integer.parseInt(seconds));
        return wait.compareTo(LONGEST_WAIT) > 0 ? null : wait;
    }

    private @Nullable Answer drain(
            TargetGroup group, Target target, Duration wait, HttpServletRequest request, HttpServletResponse response) {
        CompletableFuture<Void> idle = group.takeOut(target);
        if (idle.isDone()) {
            return answer(idle.isCancelled() ? 409 : 200, group, target);
        }
        if (wait.isZero()) {
            return answer(202, group, target);
        }
        AsyncContext async = request.startAsync();
        async.setTimeout(0);
        Wait until = new Wait();
        async.addListener(until);
        waiting.add(until);
        until.end.whenCompleteAsync(
                (how, failure) -> {
                    waiting.remove(until);
                    if (how != End.CLIENT_LEFT) {
                        tell(answer(how.status, group, target), request, response, async);
                    }
                },
                timer);
        idle.whenComplete((none, cancelled) -> until.end.complete(cancelled == null ? End.IDLE : End.PUT_BACK));
        endAfter(wait, until);
        if (closed) {
            until.end.complete(End.STOPPED);
        }
        return null;
    }

    private void endAfter(Duration wait, Wait until) {
        try {
            Future<?> timeOver =
                    timer.schedule(() -> until.end.complete(End.TIME_OVER), wait.toMillis(), TimeUnit.MILLISECONDS);
            until.end.thenRun(() -> timeOver.cancel(false));
        } catch (RejectedExecutionException e) {
            until.end.complete(End.STOPPED);
        }
    }

    /** On the timer's thread: an answer is so short that no client holds that up. */
    private static void tell(
            Answer answer, HttpServletRequest request, HttpServletResponse response, AsyncContext async) {
        try {
            answer.send(request, response);
            async.complete();
        } catch (IOException | IllegalStateException e) {
            LOG.debug("The client has left", e);
        }
    }

    private static Answer answer(int status, TargetGroup group, Target target) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("targetGroup", group.name());
        value.put("target", target.name());
        value.put("state", target.state().name().name());
        value.put("inFlight", target.inFlight());
        return Answer.json(status, value);
    }

    /** Ends all waits. */
    @Override
    public void close() {
        closed = true;
        waiting.forEach(until -> until.end.complete(End.STOPPED));
    }

    /** A request that waits. Its end comes once; that the client has left is one, if there was none before. */
    private static final class Wait implements AsyncListener {

        private final CompletableFuture<End> end = new CompletableFuture<>();

        @Override
        public void onComplete(AsyncEvent event) {
            end.complete(End.CLIENT_LEFT);
        }

        @Override
        public void onError(AsyncEvent event) {
            end.complete(End.CLIENT_LEFT);
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            end.complete(End.CLIENT_LEFT);
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // only a second startAsync would call this
        }
    }
}
