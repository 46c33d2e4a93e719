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
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes targets out and puts them back: all of one name, since an operator who stops what is there stops it for those,
 * too, that drain after a reload. A request that waits until nothing is in flight there holds no thread. Safe for use
 * by many threads.
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

    private final StatusSource source;
    private final ScheduledExecutorService timer;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean closed;

    /** @param timer for short tasks */
    TargetActions(StatusSource source, ScheduledExecutorService timer) {
        this.source = source;
        this.timer = timer;
    }

    /** Whether no request waits. */
    boolean areIdle() {
        return waiting.get() == 0;
    }

    /** Whether there is an action of that name; if not, {@link #perform} must not be called. */
    static boolean isAction(String action) {
        return action.equals(DRAIN) || action.equals(ENABLE);
    }

    /** Performs the action. Returns the response, or null if the request is now in async mode and is answered later. */
    @Nullable
    Answer perform(TargetPath path, HttpServletRequest request, HttpServletResponse response) {
        List<TargetGroup> groups = groups(path);
        if (groups.isEmpty()) {
            return Answer.text(
                    404,
                    "there is no target group " + path.group() + ", but "
                            + names(source.targetGroups().stream().map(TargetGroup::name)));
        }
        List<Target> targets = targets(groups, path);
        if (targets.isEmpty()) {
            return Answer.text(
                    404,
                    path.group() + " has no target " + path.target() + ", but "
                            + names(groups.stream()
                                    .flatMap(group -> group.allTargets().stream())
                                    .map(Target::name)));
        }
        if (path.action().equals(ENABLE)) {
            forEach(groups, path, (group, target) -> group.putBack(target, request.getRemoteAddr()));
            return answer(200, path, targets);
        }
        Duration wait = wait(new Query(request.getQueryString()).get("wait", "0"));
        return wait == null
                ? Answer.text(400, "wait must be seconds, a whole number from 0 to " + LONGEST_WAIT.toSeconds())
                : drain(groups, path, targets, wait, request, response);
    }

    /** The groups of that name: the configured one first, then those that are leaving. */
    private List<TargetGroup> groups(TargetPath path) {
        return source.groups()
                .filter(group -> group.name().equals(path.group()))
                .distinct()
                .toList();
    }

    /** The targets of that name: the one that takes new requests first. */
    private static List<Target> targets(List<TargetGroup> groups, TargetPath path) {
        return groups.stream().flatMap(group -> targets(group, path)).toList();
    }

    private static Stream<Target> targets(TargetGroup group, TargetPath path) {
        return group.allTargets().stream().filter(target -> target.name().equals(path.target()));
    }

    private static void forEach(List<TargetGroup> groups, TargetPath path, BiConsumer<TargetGroup, Target> action) {
        groups.forEach(group -> targets(group, path).forEach(target -> action.accept(group, target)));
    }

    private static String names(Stream<String> names) {
        String all = names.distinct().collect(Collectors.joining(", "));
        return all.isEmpty() ? "none" : all;
    }

    private static @Nullable Duration wait(String seconds) {
        if (!seconds.matches("[0-9]{1,4}")) {
            return null;
        }
        Duration wait = Duration.ofSeconds(Integer.parseInt(seconds));
        return wait.compareTo(LONGEST_WAIT) > 0 ? null : wait;
    }

    private @Nullable Answer drain(
            List<TargetGroup> groups,
            TargetPath path,
            List<Target> known,
            Duration wait,
            HttpServletRequest request,
            HttpServletResponse response) {
        forEach(groups, path, (group, target) -> group.takeOut(target, request.getRemoteAddr()));
        // One that was found meanwhile may have a request already; one that is found later is out from the start.
        List<Target> targets = Stream.concat(targets(groups, path).stream(), known.stream())
                .distinct()
                .toList();
        List<@Nullable Instant> since = outSince(targets);
        int status = status(targets, since);
        if (status != BUSY || wait.isZero()) {
            return answer(status, path, targets);
        }
        AsyncContext async = request.startAsync();
        // Never reached. Without one, a stopping Tomcat would end the request before the next look at it.
        async.setTimeout(wait.plus(LONGEST_WAIT).toMillis());
        Wait until = new Wait(path, targets, since, System.nanoTime() + wait.toNanos(), request, response, async);
        async.addListener(until);
        waiting.incrementAndGet();
        until.lookSoon();
        return null;
    }

    /** The status of targets that were taken out at these times; null for one that was put back at once. */
    private static int status(List<Target> targets, List<@Nullable Instant> since) {
        boolean areIdle = inFlight(targets) == 0; // read first: if all are still out after this, no more can arrive
        if (since.contains(null) || !since.equals(outSince(targets))) {
            return PUT_BACK;
        }
        return areIdle ? IDLE : BUSY;
    }

    private static List<@Nullable Instant> outSince(List<Target> targets) {
        return targets.stream().<@Nullable Instant>map(Target::outSince).toList();
    }

    private static int inFlight(List<Target> targets) {
        return targets.stream().mapToInt(Target::inFlight).sum();
    }

    private static Answer answer(int status, TargetPath path, List<Target> targets) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("targetGroup", path.group());
        value.put("target", path.target());
        value.put("state", targets.get(0).state().name().name());
        value.put("inFlight", inFlight(targets));
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

        private final TargetPath path;
        private final List<Target> targets;
        private final List<@Nullable Instant> since;
        private final long end;
        private final HttpServletRequest request;
        private final HttpServletResponse response;
        private final AsyncContext async;
        private volatile boolean hasLeft;

        /** @param end when the wait times out, by {@link System#nanoTime} */
        Wait(
                TargetPath path,
                List<Target> targets,
                List<@Nullable Instant> since,
                long end,
                HttpServletRequest request,
                HttpServletResponse response,
                AsyncContext async) {
            this.path = path;
            this.targets = targets;
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
            int status = status(targets, since);
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
                answer(status, path, targets).send(request, response);
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
