package dev.sluice.target;

import dev.sluice.balance.Algorithms;
import dev.sluice.config.AlgorithmName;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;

/** Target groups as tests need them, with a clock and chances of their own. */
final class TestGroups {

    final AtomicLong nanoClock = new AtomicLong(1);
    DoubleSupplier random = () -> 0.5;
    final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    TargetGroup group(AlgorithmName algorithm) {
        return group(algorithm, Duration.ZERO, Integer.MAX_VALUE, 0, Duration.ZERO);
    }

    TargetGroup group(AlgorithmName algorithm, Duration slowStart, int max, int queueSize, Duration queueTimeout) {
        TargetGroupConfiguration configuration = new TargetGroupConfiguration(
                "group", algorithm, List.of(target(1, 1)), null, slowStart, max, queueSize, queueTimeout);
        return new TargetGroup(
                configuration, Algorithms.create(algorithm), null, timer, nanoClock::get, () -> random.getAsDouble());
    }

    static TargetConfiguration target(int port, int weight) {
        return new TargetConfiguration("127.0.0.1", port, "", weight);
    }

    /** Puts targets of weight 1 into the group: 127.0.0.1 on the ports 1, 2, 3... */
    static List<Target> fill(TargetGroup group, int count) {
        List<Target> targets = IntStream.rangeClosed(1, count)
                .mapToObj(port -> group.newTarget(target(port, 1), InetAddress.getLoopbackAddress(), false))
                .toList();
        group.replaceTargets(targets);
        return targets;
    }

    static Placement placement(TargetGroup group) {
        return group.place(Collections::emptyEnumeration);
    }
}
