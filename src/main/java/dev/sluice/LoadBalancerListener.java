package dev.sluice;

import dev.sluice.admin.Lifetime;
import dev.sluice.config.AccessLogFormat;
import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationException;
import dev.sluice.config.ConfigurationSources;
import dev.sluice.config.ObservationConfiguration;
import dev.sluice.config.Problem;
import dev.sluice.config.ShutdownConfiguration;
import dev.sluice.observe.AccessLog;
import dev.sluice.observe.Observation;
import dev.sluice.observe.TransactionObserver;
import dev.sluice.target.DnsResolver;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration when the web application starts, and again when its file changes, and runs the load balancer
 * that it becomes until the application stops. A wrong configuration keeps the application from starting.
 */
public final class LoadBalancerListener implements ServletContextListener {

    /**
     * How long to wait until clients have the responses that tell them of the end: longer than the second after which
     * an exchange looks again at a client that is still sending.
     */
    private static final Duration FAREWELL = Duration.ofMillis(1500);

    private static final Logger LOG = LoggerFactory.getLogger(LoadBalancerListener.class);
    private static final String ATTRIBUTE = LiveLoadBalancer.class.getName();

    private final @Nullable Configuration given;
    private final List<TransactionObserver> observers;
    private final Lifetime lifetime = new Lifetime();
    private final @Nullable ConfigurationSources itsSources;
    private final AccessLog.Output accessLogOutput;
    private @Nullable AccessLog accessLog;
    private volatile @Nullable LiveLoadBalancer live;
    private volatile @Nullable Reloader reloader;

    /** For a container: the configuration is read from the environment and the context's parameters. */
    public LoadBalancerListener() {
        this.given = null;
        this.observers = List.of();
        this.itsSources = null;
        this.accessLogOutput = AccessLog::toLogger;
    }

    /**
     * For a caller that has read the configuration already.
     *
     * @param sources where the configuration can be read again; null for nowhere
     * @param accessLogOutput where the access log goes, if there is one
     * @param observers told of every request, in addition to those that are configured
     */
    public LoadBalancerListener(
            Configuration configuration,
            @Nullable ConfigurationSources sources,
            AccessLog.Output accessLogOutput,
            TransactionObserver... observers) {
        this.given = configuration;
        this.itsSources = sources;
        this.accessLogOutput = accessLogOutput;
        this.observers = List.of(observers);
    }

    /** Holds the load balancer in use. Only once the application has started. */
    static LiveLoadBalancer live(ServletContext context) {
        return (LiveLoadBalancer) context.getAttribute(ATTRIBUTE);
    }

    @Override
    public void contextInitialized(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        ConfigurationSources sources = given == null ? sources(context) : itsSources;
        Configuration configuration = given == null ? read(Objects.requireNonNull(sources)) : given;
        LiveLoadBalancer started;
        try {
            started = LiveLoadBalancer.start(configuration, observation(configuration.observation()), lifetime);
        } catch (InterruptedException e) {
            closeAccessLog();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The start was interrupted", e);
        } catch (RuntimeException | Error e) {
            closeAccessLog(); // not every host calls contextDestroyed after a failed start
            throw e;
        }
        if (accessLog != null) {
            started.shared().metrics().show(accessLog);
        }
        if (given == null) {
            for (String warning : ContainerWarnings.of(configuration, Objects.requireNonNull(sources), context)) {
                LOG.warn("{}", warning); // no lambda, as in read()
            }
            LOG.info(
                    "Sluice is deployed at {}: {} rules, {} target groups",
                    context.getContextPath() + "/",
                    configuration.rules().size(),
                    configuration.targetGroups().size());
        }
        live = started;
        reloader = sources == null ? null : new Reloader(sources, started);
        context.setAttribute(ATTRIBUTE, started);
    }

    private void closeAccessLog() {
        if (accessLog != null) {
            accessLog.close();
        }
    }

    private Observation observation(ObservationConfiguration configuration) {
        List<TransactionObserver> all = new ArrayList<>(observers);
        if (configuration.accessLog() != AccessLogFormat.OFF) {
            accessLog = new AccessLog(configuration, accessLogOutput);
            all.add(accessLog);
        }
        return new Observation(all);
    }

    private static ConfigurationSources sources(ServletContext context) {
        Map<String, String> parameters = new HashMap<>();
        for (String name : Collections.list(context.getInitParameterNames())) {
            parameters.put(name, context.getInitParameter(name));
        }
        return new ConfigurationSources(System.getenv(), parameters);
    }

    private static Configuration read(ConfigurationSources sources) {
        try {
            return sources.read();
        } catch (ConfigurationException e) {
            for (Problem problem : e.problems()) { // no lambda: a host's log may name the calling method
                LOG.error("{}", problem);
            }
            throw e;
        }
    }

    /**
     * Reads the configuration again soon, as happens by itself when its file changes. May be called from any thread.
     */
    public void reload() {
        Reloader current = reloader;
        if (current != null) {
            current.reload();
        }
    }

    /** Sluice is to end soon: from now on it is not ready. May be called from any thread. */
    public void drain() {
        lifetime.drain();
    }

    /** The delay and the time-out of the shutdown, as configured now. Only once it has started; from any thread. */
    public ShutdownConfiguration shutdown() {
        return Objects.requireNonNull(live).current().shutdown();
    }

    /**
     * How many requests and tunnels are in flight or wait for a target; 0 before the start. May be called from any
     * thread.
     */
    public int inFlight() {
        LiveLoadBalancer current = live;
        return current == null ? 0 : current.inFlight();
    }

    /**
     * Ends operators' waiting requests and event streams, so that nobody has to wait for those. May be called from any
     * thread.
     */
    public void stopWaiting() {
        LiveLoadBalancer current = live;
        if (current != null) {
            current.stopWaiting();
        }
    }

    /**
     * Ends everything in flight, by answering with 503 or breaking it off, while the host can still send that. Waits
     * for {@link #FAREWELL} at most. May be called from any thread.
     */
    public void cutOff() throws InterruptedException {
        LiveLoadBalancer current = live;
        if (current != null) {
            current.cutOff(FAREWELL);
        }
    }

    @Override
    public void contextDestroyed(ServletContextEvent event) {
        drain();
        Reloader reloading = reloader;
        if (reloading != null) {
            reloading.close();
        }
        LiveLoadBalancer last = live;
        if (last != null) {
            finish(last);
            last.close();
        }
        closeAccessLog(); // after the requests that have just ended
        DnsResolver.endInputAndOutput();
    }

    /**
     * Lets the requests in flight finish, as far as the container allows that; it sends no more of them here. Does
     * nothing if the configuration was given: whoever gave it has the listener too, and has already waited.
     */
    private void finish(LiveLoadBalancer last) {
        Duration patience = last.current().shutdown().timeout();
        int before = last.inFlight();
        if (given != null || before == 0) {
            return;
        }
        LOG.info("Stopping: {} in flight may finish within {} s", before, patience.toSeconds());
        last.stopWaiting();
        try {
            int left = last.awaitIdle(patience);
            if (left > 0) {
                last.cutOff(FAREWELL);
                LOG.warn("Stopped: {} of {} that were in flight were cut off", left, before);
            } else {
                LOG.info("Stopped: all {} that were in flight have finished", before);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
