package dev.sluice.target;

import static java.util.Objects.requireNonNull;

import dev.sluice.balance.Algorithm;
import dev.sluice.balance.Algorithms;
import dev.sluice.balance.Candidate;
import dev.sluice.balance.Forecast;
import dev.sluice.balance.LoadBalancerCookie;
import dev.sluice.balance.Stickiness;
import dev.sluice.config.AlgorithmName;
import dev.sluice.config.EjectionConfiguration;
import dev.sluice.config.ForwardingConfiguration;
import dev.sluice.config.QueueConfiguration;
import dev.sluice.config.RetryConfiguration;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.target.Resolver.Answer;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Makes target groups for tests, with a clock and a source of randomness that tests control. */
final class TestGroups {

    final AtomicLong nanoClock = new AtomicLong(1);
    DoubleSupplier random = () -> 0.5;
    EjectionConfiguration ejection = EjectionConfiguration.DEFAULT;
    Duration deregistrationDelay = Duration.ofSeconds(30);

    @Nullable
    Stickiness stickiness;

    /** Where a group that is started finds its targets. */
    volatile List<Endpoint> found = List.of();

    final Resolver resolver =
            configured -> CompletableFuture.completedFuture(new Answer(found, endpoint -> false, null, null));

    /** Runs after the pick of a target, and before its lease. */
    Consumer<Target> whenPicked = picked -> {};

    final List<Target> gone = new CopyOnWriteArrayList<>();
    final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    TargetGroup group(AlgorithmName algorithm) {
        return group(algorithm, Duration.ZERO, Integer.MAX_VALUE, 0, Duration.ZERO);
    }

    TargetGroup group(AlgorithmName algorithm, Duration slowStart, int max, int queueSize, Duration queueTimeout) {
        TargetGroupConfiguration configuration = new TargetGroupConfiguration(
                "group",
                algorithm,
                List.of(new TargetConfiguration("127.0.0.1", 1, "", 1)),
                TransportConfiguration.PLAIN,
                null,
                slowStart,
                max,
                new QueueConfiguration(queueSize, queueTimeout),
                null,
                false,
                ejection,
                RetryConfiguration.DEFAULT,
                ForwardingConfiguration.DEFAULT,
                deregistrationDelay);
        return group(configuration);
    }

    TargetGroup group(TargetGroupConfiguration configuration) {
        return group(configuration, resolver);
    }

    TargetGroup group(TargetGroupConfiguration configuration, Resolver itsResolver) {
        return new TargetGroup(
                configuration,
                new Watched(Algorithms.create(configuration.algorithm())),
                stickiness,
                null,
                itsResolver,
                new Lineage(new TakenOut(), gone::add, timer, nanoClock::get, () -> random.getAsDouble()));
    }

    /** A target at 127.0.0.1 that is not in the group yet. */
    static Target target(TargetGroup group, int port, int weight) {
        return target(group, port, weight, 0);
    }

    static Target target(TargetGroup group, int port, int weight, int priority) {
        Endpoint endpoint = endpoint(port, weight, priority);
        List<Target> existing = group.members().byAddress().getOrDefault(endpoint.address(), List.of());
        return group.members().target(endpoint, "", existing);
    }

    static Endpoint endpoint(int port, int weight, int priority) {
        return new Endpoint("127.0.0.1", InetAddress.getLoopbackAddress(), port, weight, priority);
    }

    /** Puts targets of weight 1 into the group: 127.0.0.1 on the ports 1, 2, 3... */
    static List<Target> fill(TargetGroup group, int count) {
        List<Target> targets = IntStream.rangeClosed(1, count)
                .mapToObj(port -> target(group, port, 1))
                .toList();
        group.members().replace(targets);
        return targets;
    }

    static Placement placement(TargetGroup group) {
        return group.place(Collections::emptyEnumeration);
    }

    /** Lets sessions stick in groups that are made from now on. */
    void stickByCookie() {
        stickiness =
                new LoadBalancerCookie("SLUICE", "group", new byte[16], Duration.ofDays(1), InstantSource.system());
    }

    /** For a request of a session at the target, in a group with {@link #stickiness}. */
    static Placement placementAt(Target target, TargetGroup group) {
        String cookie = requireNonNull(placement(group).answeredBy(target, List.of(), false));
        List<String> cookies = List.of(cookie.substring(0, cookie.indexOf(';')));
        return group.place(() -> Collections.enumeration(cookies));
    }

    private final class Watched implements Algorithm {

        private final Algorithm watched;

        Watched(Algorithm watched) {
            this.watched = watched;
        }

        @Override
        public <T extends Candidate> @Nullable T pick(List<T> candidates, Predicate<? super T> eligible) {
            T picked = watched.pick(candidates, eligible);
            if (picked instanceof Target target) {
                whenPicked.accept(target);
            }
            return picked;
        }

        @Override
        public <T extends Candidate> Forecast<T> forecast(List<T> candidates, Predicate<? super T> eligible) {
            return watched.forecast(candidates, eligible);
        }
    }
}
