package dev.sluice;

import dev.sluice.admin.Lifetime;
import dev.sluice.config.AccessLogFormat;
import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationSources;
import dev.sluice.config.ObservationConfiguration;
import dev.sluice.config.ShutdownConfiguration;
import dev.sluice.dns.DnsResolver;
import dev.sluice.observe.AccessLog;
import dev.sluice.observe.Observation;
import dev.sluice.observe.TransactionObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Sluice from start to end, for whoever hosts it: runs the load balancer that a configuration becomes, and replaces
 * it when the configuration's file changes. Started once, and closed once; what else is public may be called from any
 * thread, also before the start if nothing else is said.
 */
public final class Sluice implements AutoCloseable {

    /**
     * How long to wait until clients have the responses that tell them of the end: longer than the second after which
     * an exchange looks again at a client that is still sending.
     */
    private static final Duration CUT_OFF_PATIENCE = Duration.ofMillis(1500);

    private static final Logger LOG = LoggerFactory.getLogger(Sluice.class);

    private final Configuration configuration;
    private final ConfigurationSources sources;
    private final AccessLog.Output accessLogOutput;
    private final List<TransactionObserver> observers;
    private final Lifetime lifetime = new Lifetime();
    private @Nullable AccessLog accessLog;
    private volatile @Nullable LiveLoadBalancer live; // null before the start, as is the next field
    private volatile @Nullable Reloader reloader;

    /**
     * @param configuration what it starts with
     * @param sources where the configuration can be read again
     * @param accessLogOutput where the access log goes, if there is one
     * @param observers told of every request, in addition to those that are configured
     */
    public Sluice(
            Configuration configuration,
            ConfigurationSources sources,
            AccessLog.Output accessLogOutput,
            TransactionObserver... observers) {
        this.configuration = configuration;
        this.sources = sources;
        this.accessLogOutput = accessLogOutput;
        this.observers = List.of(observers);
    }

    /**
     * Returns once requests can be served. If it throws, it is closed.
     *
     * @param whenInUse told of each configuration once it is in use, one at a time; throws nothing
     */
    void start(Consumer<Configuration> whenInUse) {
        try {
            LiveLoadBalancer started =
                    LiveLoadBalancer.start(configuration, observation(configuration.observation()), lifetime);
            live = started;
            if (accessLog != null) {
                started.shared().metrics().show(accessLog);
            }
            whenInUse.accept(configuration);
            reloader = new Reloader(sources, started, whenInUse);
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The start was interrupted", e);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private Observation observation(ObservationConfiguration observation) {
        List<TransactionObserver> all = new ArrayList<>(observers);
        if (observation.accessLog() != AccessLogFormat.OFF) {
            accessLog = new AccessLog(observation, accessLogOutput);
            all.add(accessLog);
        }
        return new Observation(all);
    }

    /** Holds the load balancer in use. Only once it has started. */
    LiveLoadBalancer live() {
        return Objects.requireNonNull(live, "not started");
    }

    /** Reads the configuration again soon, as happens by itself when its file changes. */
    public void reload() {
        Reloader current = reloader;
        if (current != null) {
            current.reload();
        }
    }

    /** It is to end soon: from now on it is not ready. */
    public void drain() {
        lifetime.drain();
    }

    /** The delay and the time-out of the shutdown, as configured now. Only once it has started. */
    public ShutdownConfiguration shutdown() {
        return live().current().shutdown();
    }

    /** Whether requests can be served. True for good, even if the host that was to serve them fails. */
    public boolean hasStarted() {
        return live != null;
    }

    /** How many requests and tunnels are in flight or wait for a target; 0 before the start. */
    public int inFlight() {
        LiveLoadBalancer current = live;
        return current == null ? 0 : current.inFlight();
    }

    /** Ends operators' waiting requests and event streams, so that nobody has to wait for those. */
    public void stopWaiting() {
        LiveLoadBalancer current = live;
        if (current != null) {
            current.stopWaiting();
        }
    }

    /**
     * Ends everything in flight, by answering with 503 or breaking it off, while the host can still send that. Waits
     * for a second or two at most.
     */
    public void cutOff() throws InterruptedException {
        LiveLoadBalancer current = live;
        if (current != null) {
            current.cutOff(CUT_OFF_PATIENCE);
        }
    }

    /**
     * Lets the requests in flight finish within the time-out of the shutdown, and cuts off what is left then. For a
     * host that does not wait for them, but sends no new ones.
     */
    void finish() {
        stopReloading();
        int before = inFlight();
        if (before == 0) {
            return;
        }
        Duration patience = shutdown().timeout();
        LOG.info("Stopping: {} in flight may finish within {} s", before, patience.toSeconds());
        stopWaiting();
        try {
            int left = live().awaitIdle(patience);
            if (left > 0) {
                cutOff();
                LOG.warn("Stopped: {} of {} that were in flight were cut off", left, before);
            } else {
                LOG.info("Stopped: all {} that were in flight have finished", before);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stopReloading() {
        drain();
        Reloader current = reloader;
        if (current != null) {
            current.close();
        }
    }

    /** Ends everything at once, requests in flight included. */
    @Override
    public void close() {
        stopReloading();
        LiveLoadBalancer last = live;
        if (last != null) {
            last.close();
        }
        if (accessLog != null) {
            accessLog.close(); // after the requests that have just ended
        }
        DnsResolver.endInputAndOutput();
    }
}
