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
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes targets out and puts them back. A request that waits until nothing is in flight at a target holds no thread.
 * Safe for use by many threads.
 */
final class TargetActions implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TargetActions.class);

    private static final String DRAIN = "drain";
    private static final String ENABLE = "enable";

    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    /**
     * How often a waiting request checks whether its target is idle: rarely enough to cost nothing, often enough for
     * any script.
     */
    private static final int LOOKING_MILLIS = 100;

    private static final int IDLE = 200; // the only response to drain that says that it is safe to stop the target
    private static final int BUSY = 202;
    private static final int PUT_BACK = 409;
    private static final int STOPPED = 503;
    private static final int TIME_OVER = 504;

    private final List<TargetGroup> targetGroups;
    private final ScheduledExecutorService timer;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean closed;

    /** @param timer for short tasks */
    TargetActions(List<TargetGroup> targetGroups, ScheduledExecutorService timer) {
        this.targetGroups = targetGroups;
        this.timer = timer;
    }

    /** Whether no request waits. */
    boolean areIdle() {
        return waiting.get() == 0;
    }

    static boolean isAction(String action) {
        return action.equals(DRAIN) || action.equals(ENABLE);
    }

    /** Performs the action. Returns the response, or null if the request is now in async mode and is answered later. */
    @Nullable
    Answer perform(TargetPath path, HttpServletRequest request, HttpServletResponse response) {
        TargetGroup group = find(targetGroups, TargetGroup::name, path.group());
        if (group == null) {
            return Answer.text(
                    404,
                    "there is no target group " + path.group() + ", but " + names(targetGroups, TargetGroup::name));
        }
        List<Target> targets = group.allTargets();
        Target target = find(targets, Target::name, path.target());
        if (target == null) {
            return Answer.text(
                    404, group.name() + " has no target " + path.target() + ", but " + names(targets, Target::name));
        }
        if (path.action().equals(ENABLE)) {
            group.putBack(target, request.getRemoteAddr());
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
        group.takeOut(target, request.getRemoteAddr());
        Instant since = target.outSince();
        int status = since == null ? PUT_BACK : status(target, since);
        if (since == null || status != BUSY || wait.isZero()) {
            return answer(status, group, target);
        }
        AsyncContext async = request.startAsync();
        async.setTimeout(0);
        Wait until = new Wait(group, target, since, System.nanoTime() + wait.toNanos(), request, response, async);
        async.addListener(until);
        waiting.incrementAndGet();
        until.lookSoon();
        return null;
    }

    /** The status of a target that was taken out at that time. */
    private static int status(Target target, Instant since) {
        boolean isIdle =
                target.inFlight() == 0; // read first: if the target is still out after this, no more can arrive
        if (!since.equals(target.outSince())) {
            return PUT_BACK;
        }
        return isIdle ? IDLE : BUSY;
    }

    private static Answer answer(int status, TargetGroup group, Target target) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("targetGroup", group.name());
        value.put("target", target.name());
        value.put("state", target.state().name().name());
        value.put("inFlight", target.inFlight());
        return Answer.json(status, value);
    }

    /** Ends all waits at their next check, with 503. */
    @Override
    public void close() {
        closed = true;
    }

    /**
     * A request that waits. Only the timer's thread answers it, unless the timer has shut down before it could begin to
     * wait.
     */
    private final class Wait implements Runnable, AsyncListener {

        private final TargetGroup group;
        private final Target target;
        private final Instant since;
        private final long end;
        private final HttpServletRequest request;
        private final HttpServletResponse response;
        private final AsyncContext async;
        private volatile boolean hasLeft;

        /** @param end when the wait times out, by {@link System#nanoTime} */
        Wait(
                TargetGroup group,
                Target target,
                Instant since,
                long end,
                HttpServletRequest request,
                HttpServletResponse response,
                AsyncContext async) {
            this.group = group;
            this.target = target;
            this.since = since;
            this.end = end;
            this.request = request;
            this.response = response;
            this.async = async;
        }

        /**
         * Each check schedules the next: unlike a periodic task, one that is already scheduled still runs after the
         * timer shuts down.
         */
        void lookSoon() {
            try {
                timer.schedule(this, LOOKING_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                tell(STOPPED);
            }
        }

        @Override
        public void run() {
            int status = status(target, since);
            if (hasLeft) {
                waiting.decrementAndGet();
            } else if (status != BUSY) {
                tell(status);
            } else if (closed) {
                tell(STOPPED);
            } else if (System.nanoTime() - end >= 0) {
                tell(TIME_OVER);
            } else {
                lookSoon();
            }
        }

        /** Runs on the timer's thread too, since the response is so short that it does not block. */
        private void tell(int status) {
            waiting.decrementAndGet();
            try {
                answer(status, group, target).send(request, response);
            } catch (IOException | RuntimeException e) { // hosts throw what they like for a response that is over
                LOG.debug("The client has left", e);
            } finally {
                Admin.complete(async);
            }
        }

        @Override
        public void onComplete(AsyncEvent event) {
            hasLeft = true;
        }

        @Override
        public void onError(AsyncEvent event) {
            hasLeft = true;
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            hasLeft = true;
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // only a second startAsync would call this
        }
    }
}
