package dev.sluice;

import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationException;
import dev.sluice.config.ConfigurationSources;
import dev.sluice.config.Problem;
import dev.sluice.observe.AccessLog;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts and ends {@link Sluice} with the web application. In a container it reads the configuration first; a wrong one
 * keeps the application from starting.
 */
public final class SluiceContextListener implements ServletContextListener {

    private static final Logger LOG = LoggerFactory.getLogger(SluiceContextListener.class);
    private static final String ATTRIBUTE = Sluice.class.getName();

    private final @Nullable Sluice given;
    private final Consumer<Configuration> whenInUse; // of what is given
    private @Nullable Sluice running;

    /** For a container: the configuration is read from the environment and the context's parameters. */
    public SluiceContextListener() {
        this.given = null;
        this.whenInUse = configuration -> {};
    }

    /**
     * For a host that has made its own, and waits for the requests in flight before it ends the application.
     *
     * @param whenInUse told of each configuration once it is in use, one at a time; throws nothing
     */
    public SluiceContextListener(Sluice given, Consumer<Configuration> whenInUse) {
        this.given = given;
        this.whenInUse = whenInUse;
    }

    /** Holds the load balancer in use. Only once the application has started. */
    static LiveLoadBalancer live(ServletContext context) {
        return ((Sluice) context.getAttribute(ATTRIBUTE)).live();
    }

    @Override
    public void contextInitialized(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        if (given == null) {
            startIn(context);
        } else {
            start(given, context, whenInUse);
        }
    }

    private void start(Sluice sluice, ServletContext context, Consumer<Configuration> whenInUse) {
        sluice.start(whenInUse);
        running = sluice;
        context.setAttribute(ATTRIBUTE, sluice);
    }

    private void startIn(ServletContext context) {
        ConfigurationSources sources = sources(context);
        Configuration configuration = read(sources);
        Sluice sluice = new Sluice(configuration, sources, AccessLog::toLogger);
        start(sluice, context, inUse -> warn(ContainerWarnings.ofPaths(inUse, context.getContextPath())));
        warn(ContainerWarnings.ofVariables(sources, context));
        LOG.info(
                "Sluice is deployed at {}: {} rules, {} target groups",
                context.getContextPath() + "/",
                configuration.rules().size(),
                configuration.targetGroups().size());
    }

    private static void warn(List<String> warnings) {
        for (String warning : warnings) {
            LOG.warn("{}", warning); // no lambda, as in read()
        }
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

    @Override
    public void contextDestroyed(ServletContextEvent event) {
        Sluice ending = running; // null if it has not started: not every host calls this then
        if (ending == null) {
            return;
        }
        if (given == null) {
            ending.finish();
        }
        ending.close();
    }
}
