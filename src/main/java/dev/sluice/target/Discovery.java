package dev.sluice.target;

import dev.sluice.config.TargetConfiguration;
import dev.sluice.target.Resolver.Answer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the targets of one group: each place where a configured target can be found is a target. A look-up that fails leaves what was
 * known in place; a name that is nowhere yet is no target. Each name is looked up by itself, and again when its answer is no longer valid: a
 * slow name server holds up nothing else.
 *
 * <p>All that is known of the names is touched by the timer's one thread only.
 */
public final class Discovery implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Discovery.class);

    /** IPv4 first, then by value: the order in which a name server happens to list them does not matter. */
    private static final Comparator<Endpoint> BY_VALUE = Comparator.<Endpoint>comparingInt(
                    endpoint -> endpoint.address().getAddress().length)
            .thenComparing(Endpoint::address, Comparator.comparing(InetAddress::getAddress, Arrays::compareUnsigned))
            .thenComparing(Endpoint::hostname)
            .thenComparingInt(Endpoint::port);

    /** When a look-up is repeated that has failed. */
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

    private final TargetGroup group;
    private final Resolver resolver;
    private final ScheduledExecutorService timer;
    private final List<Entry> entries;
    private @Nullable Discovery before;
    private volatile boolean closed;

    /** With the last look-up of a name. */
    private enum Trouble {
        NONE,
        IN_PART,
        ENTIRE
    }

    /** One configured target and what is known of it. */
    private static final class Entry {
        final TargetConfiguration configuration;
        final CompletableFuture<Void> firstLookUp = new CompletableFuture<>();
        List<Endpoint> endpoints = List.of();
        List<Target> targets = List.of();

        Trouble trouble = Trouble.NONE;

        volatile @Nullable Future<?> next;

        Entry(TargetConfiguration configuration) {
            this.configuration = configuration;
        }

        void goOnFrom(Entry other) {
            endpoints = configuration.isService()
                    ? other.endpoints
                    : other.endpoints.stream()
                            .map(endpoint -> endpoint.withWeight(configuration.weight()))
                            .toList();
            trouble = other.trouble;
            firstLookUp.complete(null);
        }
    }

    /** @param timer with one thread */
    public Discovery(
            TargetGroup group,
            List<TargetConfiguration> configured,
            Resolver resolver,
            ScheduledExecutorService timer) {
        this(group, configured, resolver, timer, null);
    }

    /**
     * @param timer with one thread
     * @param before that of the group before: what it has found counts until there is another answer
     */
    public Discovery(
            TargetGroup group,
            List<TargetConfiguration> configured,
            Resolver resolver,
            ScheduledExecutorService timer,
            @Nullable Discovery before) {
        this.before = before;
        this.group = group;
        this.resolver = resolver;
        this.timer = timer;
        this.entries = configured.stream().map(Entry::new).toList();
    }

    /**
     * Begins to look up the names, each again and again. Completes when each has been looked up once, and each target that was found has
     * been checked once, if it is: else the first that passes its check would have all requests.
     */
    public CompletableFuture<Void> start() {
        Discovery known = before;
        return known == null
                ? lookUp()
                : CompletableFuture.runAsync(() -> goOnFrom(known), timer).thenCompose(taken -> lookUp());
    }

    private CompletableFuture<Void> lookUp() {
        entries.forEach(this::lookUp);
        return CompletableFuture.allOf(
                        entries.stream().map(entry -> entry.firstLookUp).toArray(CompletableFuture<?>[]::new))
                .thenCompose(all -> group.firstChecks());
    }

    /** A name server that is down now must not cost any targets. */
    private void goOnFrom(Discovery known) {
        for (Entry entry : entries) {
            known.entries.stream()
                    .filter(other -> other.configuration.isAtThePlacesOf(entry.configuration))
                    .filter(other -> !other.endpoints.isEmpty())
                    .findFirst()
                    .ifPresent(other -> entry.goOnFrom(other));
        }
        apply();
    }

    /**
     * Tells the group all targets that were found until now. To be called when the group has become responsible for them, on the timer's
     * thread.
     */
    void apply() {
        for (Entry entry : entries) {
            entry.targets = targets(entry.configuration, entry.endpoints);
        }
        replaceTargets();
    }

    private List<Target> targets(TargetConfiguration configured, List<Endpoint> endpoints) {
        return endpoints.stream().map(endpoint -> target(configured, endpoint)).toList();
    }

    private void replaceTargets() {
        group.replaceTargets(entries.stream()
                .flatMap(each -> each.targets.stream())
                .distinct()
                .toList());
    }

    /** Its group takes the place of the one before it, if there is one, and its targets are what was found for it. On the timer's thread. */
    public void takeOver() {
        if (before != null) {
            before.close();
            before = null;
            group.takeOver();
            apply();
        }
    }

    private void lookUp(Entry entry) {
        CompletionStage<Answer> answer;
        try {
            answer = resolver.resolve(entry.configuration);
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenCompleteAsync((known, failure) -> take(entry, known, failure), timer);
    }

    private void take(Entry entry, @Nullable Answer answer, @Nullable Throwable failure) {
        if (closed) {
            return;
        }
        Duration next = answer == null ? AFTER_FAILURE : answer.validFor();
        if (next != null) {
            group.lookUps().add(answer != null && answer.problem() == null);
        }
        try {
            if (answer == null) {
                LOG.error("{}: looking up {} failed", group.name(), entry.configuration, failure);
            } else {
                found(entry, answer);
            }
        } catch (RuntimeException e) {
            LOG.error("{}: what was found for {} could not be used", group.name(), entry.configuration, e);
        } finally {
            entry.firstLookUp.complete(null);
            if (next != null) {
                entry.next = timer.schedule(() -> lookUp(entry), next.toMillis(), TimeUnit.MILLISECONDS);
            }
            if (closed) {
                close(); // it was too early for this one
            }
        }
    }

    private void found(Entry entry, Answer answer) {
        List<Endpoint> endpoints = new ArrayList<>();
        Stream.concat(answer.endpoints().stream(), entry.endpoints.stream().filter(answer.unknown()))
                .filter(endpoint -> endpoints.stream().noneMatch(endpoint::isAt))
                .forEach(endpoints::add);
        endpoints.sort(BY_VALUE);
        if (endpoints.isEmpty()) {
            report(entry, answer.problem() == null ? "it has no address" : answer.problem(), false);
            return;
        }
        report(entry, answer.problem(), !answer.endpoints().isEmpty());
        if (!endpoints.equals(entry.endpoints)) {
            entry.targets = targets(entry.configuration, endpoints);
            LOG.info("{}: {} is at {}", group.name(), entry.configuration, entry.targets);
            replaceTargets();
            entry.endpoints = endpoints; // last: had anything failed, it would be tried again
        }
    }

    private Target target(TargetConfiguration configured, Endpoint endpoint) {
        Target target = group.target(endpoint, configured.basePath());
        if (group.isInCharge()) {
            target.moveTo(endpoint);
        }
        return target;
    }

    /** What changes, not every repetition. */
    private void report(Entry entry, @Nullable String problem, boolean isPartOnly) {
        Trouble before = entry.trouble;
        entry.trouble = problem == null ? Trouble.NONE : isPartOnly ? Trouble.IN_PART : Trouble.ENTIRE;
        if (entry.trouble == before) {
            return;
        }
        String name = group.name() + ": " + entry.configuration;
        switch (entry.trouble) {
            case NONE -> LOG.info("{} can be looked up again", name);
            case IN_PART -> LOG.warn("{} can be looked up in part only, the rest stays as it was: {}", name, problem);
            case ENTIRE ->
                LOG.warn(
                        "{} cannot be looked up, {}: {}",
                        name,
                        entry.targets.isEmpty() ? "so it is no target yet" : "so it stays at " + entry.targets,
                        problem);
        }
    }

    /** Ends the look-ups. */
    @Override
    public void close() {
        closed = true;
        for (Entry entry : entries) {
            Future<?> next = entry.next;
            if (next != null) {
                next.cancel(false);
            }
        }
    }
}
