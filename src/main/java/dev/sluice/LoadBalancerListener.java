package dev.sluice;

import dev.sluice.admin.Lifetime;
import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationException;
import dev.sluice.observe.Observation;
import dev.sluice.observe.TransactionObserver;
import dev.sluice.target.DnsResolver;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration when the web application starts, and runs the load balancer that it becomes until the application stops. A
 * wrong configuration keeps the application from starting.
 */
public final class LoadBalancerListener implements ServletContextListener {

    private static final Logger LOG = LoggerFactory.getLogger(LoadBalancerListener.class);
    private static final String ATTRIBUTE = LoadBalancer.class.getName();

    private final @Nullable Configuration given;
    private final List<TransactionObserver> observers;
    private final Lifetime lifetime = new Lifetime();
    private @Nullable LoadBalancer loadBalancer;

    /** For a container: the configuration is that of the environment. */
    public LoadBalancerListener() {
        this.given = null;
        this.observers = List.of();
    }

    /**
     * For whoever has a configuration already.
     *
     * @param observers are told of every request, beside those that are configured
     */
    public LoadBalancerListener(Configuration configuration, TransactionObserver... observers) {
        this.given = configuration;
        this.observers = List.of(observers);
    }

    /** The load balancer of this web application. */
    static LoadBalancer loadBalancer(ServletContext context) {
        return (LoadBalancer) context.getAttribute(ATTRIBUTE);
    }

    @Override
    public void contextInitialized(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        LoadBalancer started =
                new LoadBalancer(given == null ? configuration(context) : given, new Observation(observers), lifetime);
        loadBalancer = started;
        try {
            started.start();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The start was interrupted", e);
        }
        context.setAttribute(ATTRIBUTE, started);
    }

    private static Configuration configuration(ServletContext context) {
        Map<String, String> parameters = new HashMap<>();
        for (String name : Collections.list(context.getInitParameterNames())) {
            parameters.put(name, context.getInitParameter(name));
        }
        try {
            return Configuration.load(System.getenv(), parameters);
        } catch (ConfigurationException e) {
            e.problems().forEach(problem -> LOG.error("{}", problem));
            throw e;
        }
    }

    @Override
    public void contextDestroyed(ServletContextEvent event) {
        if (loadBalancer != null) {
            loadBalancer.close();
        }
        DnsResolver.endInputAndOutput();
    }
}
