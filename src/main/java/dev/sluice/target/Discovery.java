package dev.sluice.target;

import dev.sluice.config.TargetConfiguration;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the targets of one group: every IPv4 and IPv6 address of every configured hostname is a target. A look-up that fails leaves
 * the last addresses in place; a name that has none yet is no target, and is looked up again like the others.
 *
 * <p>Look-ups block, so they run on threads of their own, each hostname by itself: a slow one holds up nothing else. The lock is held
 * while the group's list is put together, never during a look-up.
 */
public final class Discovery {

    private static final Logger LOG = LoggerFactory.getLogger(Discovery.class);

    /** IPv4 first, then by value: the order in which a resolver happens to list them does not matter. */
    private static final Comparator<InetAddress> BY_VALUE = Comparator.<InetAddress>comparingInt(
                    address -> address.getAddress().length)
            .thenComparing(InetAddress::getAddress, Arrays::compareUnsigned);

    private final TargetGroup group;
    private final Resolver resolver;
    private final List<Entry> entries;
    private final Lock lock = new ReentrantLock();
    private volatile boolean started;

    /** One configured target and what is known of it. Guarded by the lock. */
    private static final class Entry {
        final TargetConfiguration configuration;
        List<Target> targets = List.of();
        boolean failing;

        Entry(TargetConfiguration configuration) {
            this.configuration = configuration;
        }
    }

    public Discovery(TargetGroup group, List<TargetConfiguration> configured, Resolver resolver) {
        this.group = group;
        this.resolver = resolver;
        this.entries = configured.stream().map(Entry::new).toList();
    }

    /** One look-up for each configured target; together they bring the group up to date. Each may run on a thread of its own. */
    public List<Runnable> lookUps() {
        return entries.stream().<Runnable>map(entry -> () -> refresh(entry)).toList();
    }

    /** Repeats the look-ups, each this long after its last one ended, until the executor is shut down. */
    public void repeat(ScheduledExecutorService executor, Duration interval) {
        started = true; // what is found at the start comes into use together
        for (Runnable lookUp : lookUps()) {
            executor.scheduleWithFixedDelay(lookUp, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void refresh(Entry entry) {
        String hostname = entry.configuration.hostname();
        try {
            List<InetAddress> addresses = new ArrayList<>(resolver.resolve(hostname));
            addresses.sort(BY_VALUE);
            found(entry, addresses);
        } catch (UnknownHostException e) {
            notFound(entry);
        } catch (RuntimeException e) {
            LOG.error("{}: looking up {} failed", group.name(), hostname, e); // thrown on, it would end the repetition
        }
    }

    private void found(Entry entry, List<InetAddress> addresses) {
        lock.lock();
        try {
            List<Target> before = entry.targets;
            List<Target> now = addresses.stream()
                    .distinct()
                    .map(address -> target(entry, address))
                    .toList();
            entry.failing = false;
            if (!now.equals(before)) {
                entry.targets = now;
                group.replaceTargets(
                        entries.stream().flatMap(e -> e.targets.stream()).toList());
                LOG.info("{}: {} is at {}", group.name(), entry.configuration.hostname(), now);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The target that is there already, or a new one: an address that stays is the same target. */
    private Target target(Entry entry, InetAddress address) {
        for (Target target : entry.targets) {
            if (target.isAt(entry.configuration, address)) {
                return target;
            }
        }
        return group.newTarget(
                entry.configuration, address, started && !group.targets().isEmpty());
    }

    private void notFound(Entry entry) {
        lock.lock();
        try {
            if (!entry.failing) { // once, not at every repetition
                entry.failing = true;
                LOG.warn(
                        "{}: {} does not resolve, {}",
                        group.name(),
                        entry.configuration.hostname(),
                        entry.targets.isEmpty() ? "so it is no target yet" : "so it stays at " + entry.targets);
            }
        } finally {
            lock.unlock();
        }
    }
}
