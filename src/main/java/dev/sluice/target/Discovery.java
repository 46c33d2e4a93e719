package dev.sluice.target;

import dev.sluice.config.IpAddress;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.target.Resolver.Answer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the targets of one group: every endpoint of a configured target is a target. A failed look-up leaves the known
 * endpoints in place; a name without any known endpoint yields no target. Each name is looked up independently, and
 * again when its answer expires, so a slow name server delays no other name.
 *
 * <p>All state of the names is confined to the timer's single thread.
 */
final class Discovery implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Discovery.class);

    /**
     * IPv4 first, then by value, so that the order of the addresses in a DNS answer does not matter. Two are equal where
     * both are {@linkplain Endpoint#isAt at one place}.
     */
    private static final Comparator<Endpoint> BY_PLACE = Comparator.<Endpoint>comparingInt(
                    endpoint -> endpoint.address().getAddress().length)
            .thenComparing(Endpoint::address, Comparator.comparing(InetAddress::getAddress, Arrays::compareUnsigned))
            .thenComparing(Endpoint::hostname, String.CASE_INSENSITIVE_ORDER)
            .thenComparingInt(Endpoint::port);

    /** Delay before a look-up that completed exceptionally is repeated. */
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

    private final String group;
    private final Members members;
    private final Lineage lineage;
    private final Resolver resolver;
    private final List<Entry> entries;
    private volatile List<NameProblem> problems = List.of();
    private volatile boolean closed;

    /** One configured target and the state of its look-ups. */
    private static final class Entry {
        final TargetConfiguration configuration;
        final CompletableFuture<Void> firstLookUp = new CompletableFuture<>();
        List<Endpoint> endpoints = List.of();
        long foundAt; // when the last answer with endpoints came, in nanoseconds; without meaning if there are none
        List<Target> targets = List.of();

        @Nullable
        NameProblem problem; // of the last look-up; null if there is none

        volatile @Nullable Future<?> next;

        Entry(TargetConfiguration configuration) {
            this.configuration = configuration;
        }

        NameProblem problem(String why, boolean isPartOnly) {
            return new NameProblem(configuration.toString(), isPartOnly, why);
        }

        /** @param isSameResolver whether both ask the same: what different ones say is not compared */
        boolean isOutdatedBy(Entry other, boolean isSameResolver) {
            return !other.endpoints.isEmpty()
                    && (endpoints.isEmpty() || (isSameResolver && other.foundAt - foundAt > 0));
        }

        void goOnFrom(Entry other) {
            foundAt = other.foundAt;
            endpoints = configuration.isService()
                    ? other.endpoints
                    : other.endpoints.stream()
                            .map(endpoint -> endpoint.withWeight(configuration.weight()))
                            .toList();
            problem = other.problem == null ? null : problem(other.problem.problem(), other.problem.isPartOnly());
            firstLookUp.complete(null);
        }
    }

    Discovery(TargetGroupConfiguration configuration, Members members, Lineage lineage, Resolver resolver) {
        this.group = configuration.name();
        this.members = members;
        this.lineage = lineage;
        this.resolver = resolver;
        this.entries = configuration.targets().stream().map(Entry::new).toList();
    }

    /**
     * Starts looking up the names, each of them repeatedly. The future completes once each name has been looked up.
     *
     * @param known that of the preceding group, whose endpoints are used until a look-up yields new ones; null for none
     */
    CompletableFuture<Void> start(@Nullable Discovery known) {
        return known == null
                ? lookUp()
                : CompletableFuture.runAsync(() -> goOnFrom(known), lineage.timer())
                        .thenCompose(taken -> lookUp());
    }

    private CompletableFuture<Void> lookUp() {
        entries.forEach(this::lookUp);
        return CompletableFuture.allOf(
                entries.stream().map(entry -> entry.firstLookUp).toArray(CompletableFuture<?>[]::new));
    }

    /**
     * Reuses the endpoints that the preceding group knows, where they are newer, and passes all targets found so far to
     * the members. Done at the start, as a name server that is down now must not cost any targets, and once more when
     * the members have taken charge of them, as the preceding group may have had an answer meanwhile. Runs on the timer's
     * thread.
     */
    void goOnFrom(Discovery known) {
        Map<InetAddress, List<Target>> existing = members.byAddress();
        for (Entry entry : entries) {
            for (Entry other : known.entries) {
                if (other.configuration.isAtThePlacesOf(entry.configuration)
                        && entry.isOutdatedBy(other, known.resolver == resolver)) {
                    entry.goOnFrom(other);
                }
            }
            entry.targets = targets(entry.configuration, entry.endpoints, existing);
        }
        showProblems();
        replaceTargets();
    }

    private void showProblems() {
        problems = entries.stream()
                .map(entry -> entry.problem)
                .filter(Objects::nonNull)
                .toList();
    }

    private List<Target> targets(
            TargetConfiguration configured, List<Endpoint> endpoints, Map<InetAddress, List<Target>> existing) {
        return endpoints.stream()
                .map(endpoint -> target(configured, endpoint, existing.getOrDefault(endpoint.address(), List.of())))
                .toList();
    }

    private void replaceTargets() {
        members.replace(entries.stream()
                .flatMap(each -> each.targets.stream())
                .distinct()
                .toList());
    }

    private void lookUp(Entry entry) {
        CompletionStage<Answer> answer;
        try {
            answer = resolver.resolve(entry.configuration);
        } catch (RuntimeException | Error e) { // such as when there can be no more threads
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenCompleteAsync((known, failure) -> take(entry, known, failure), lineage.timer());
    }

    private void take(Entry entry, @Nullable Answer answer, @Nullable Throwable failure) {
        if (closed) {
            return;
        }
        Duration next = answer == null ? AFTER_FAILURE : answer.validFor();
        if (next != null) {
            lineage.lookUps().add(answer != null && answer.problem() == null);
        }
        try {
            if (answer == null) {
                LOG.error("{}: looking up {} failed", group, entry.configuration, failure);
                report(entry, String.valueOf(failure), false);
            } else {
                found(entry, answer);
            }
        } catch (RuntimeException e) {
            LOG.error("{}: what was found for {} could not be used", group, entry.configuration, e);
        } finally {
            entry.firstLookUp.complete(null);
            if (next != null) {
                entry.next = lineage.timer().schedule(() -> lookUp(entry), next.toMillis(), TimeUnit.MILLISECONDS);
            }
            if (closed) {
                close(); // the earlier call missed this one
            }
        }
    }

    private void found(Entry entry, Answer answer) {
        Set<Endpoint> places = new TreeSet<>(BY_PLACE); // the first of two at one place stays
        places.addAll(answer.endpoints());
        entry.endpoints.stream().filter(answer.unknown()).forEach(places::add);
        List<Endpoint> endpoints = List.copyOf(places);
        if (endpoints.isEmpty()) {
            report(entry, answer.problem() == null ? "it has no address" : answer.problem(), false);
            return;
        }
        report(entry, answer.problem(), !answer.endpoints().isEmpty());
        if (!endpoints.equals(entry.endpoints)) {
            entry.targets = targets(entry.configuration, endpoints, members.byAddress());
            if (IpAddress.parse(entry.configuration.hostname()) == null) {
                LOG.info("{}: {} is at {}", group, entry.configuration, entry.targets);
            }
            replaceTargets();
            entry.endpoints = endpoints; // set last: after an exception, the next look-up tries again
        }
        if (!answer.endpoints().isEmpty()) {
            entry.foundAt = lineage.nanoClock().getAsLong();
        }
    }

    private Target target(TargetConfiguration configured, Endpoint endpoint, List<Target> existing) {
        Target target = members.target(endpoint, configured.basePath(), existing);
        if (members.isInCharge()) {
            target.moveTo(endpoint);
        }
        return target;
    }

    /** Logs changes only, of the reason too, not every repetition. */
    private void report(Entry entry, @Nullable String why, boolean isPartOnly) {
        NameProblem problem = why == null ? null : entry.problem(why, isPartOnly);
        if (Objects.equals(entry.problem, problem)) {
            return;
        }
        entry.problem = problem;
        showProblems();
        String name = group + ": " + entry.configuration;
        if (problem == null) {
            LOG.info("{} resolves again", name);
        } else if (isPartOnly) {
            LOG.warn("{} resolves only in part, the rest stays as it was: {}", name, why);
        } else {
            LOG.warn(
                    "{} does not resolve, {}: {}",
                    name,
                    entry.targets.isEmpty() ? "so it has no targets yet" : "so it stays at " + entry.targets,
                    why);
        }
    }

    /** As {@link TargetGroup#nameProblems}. */
    List<NameProblem> problems() {
        return problems;
    }

    /** Stops the look-ups. */
    @Override
    public void close() {
        closed = true;
        problems = List.of(); // nobody looks whether they are over
        for (Entry entry : entries) {
            Future<?> next = entry.next;
            if (next != null) {
                next.cancel(false);
            }
        }
    }
}
