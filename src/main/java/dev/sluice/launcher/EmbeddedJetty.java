package dev.sluice.launcher;

import dev.sluice.LoadBalancerListener;
import dev.sluice.ProxyServlet;
import dev.sluice.config.Configuration;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Jetty with the proxy as its only servlet, as {@code web.xml} has it in a container. Stops with the process: requests in flight
 * have {@link #STOP_MILLIS} to finish, then the load balancer is stopped.
 */
final class EmbeddedJetty {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedJetty.class);

    private static final int STOP_MILLIS = 10_000;

    /** An error page of Jetty's own is empty, as Sluice's are. */
    private static final Request.Handler EMPTY_ERROR = (request, response, callback) -> {
        callback.succeeded();
        return true;
    };

    private final Server jetty;
    private final HttpConnector connector;

    private EmbeddedJetty(Configuration configuration) {
        QueuedThreadPool threads = new QueuedThreadPool();
        threads.setName("listener");
        jetty = new Server(threads);
        connector = new HttpConnector(jetty, null, configuration.listenerPort());
        jetty.addConnector(connector);
        jetty.setErrorHandler(EMPTY_ERROR);
        jetty.setHandler(new Draining(application(configuration)));
        jetty.setStopTimeout(STOP_MILLIS);
        jetty.setStopAtShutdown(true);
    }

    /**
     * Returns when the load balancer takes requests.
     *
     * @throws java.net.BindException if it cannot listen on the configured port
     */
    static EmbeddedJetty start(Configuration configuration, String version) throws Exception {
        EmbeddedJetty embedded = new EmbeddedJetty(configuration);
        embedded.connector.open();
        embedded.jetty.start();
        log.info("Sluice {} listens on port {}", version, embedded.port());
        return embedded;
    }

    private static ServletContextHandler application(Configuration configuration) {
        ServletContextHandler context = new ServletContextHandler("/");
        context.setErrorHandler(EMPTY_ERROR);
        context.addEventListener(new LoadBalancerListener(configuration));
        context.addServlet(proxy(), "/*");
        return context;
    }

    private static ServletHolder proxy() {
        ServletHolder proxy = new ServletHolder("proxy", new ProxyServlet());
        proxy.setAsyncSupported(true);
        proxy.setInitOrder(1);
        return proxy;
    }

    int port() {
        return connector.getLocalPort();
    }

    void join() throws InterruptedException {
        jetty.join();
    }

    /** Once told to stop, answers also the requests that clients sent on open connections before they could know. */
    private static final class Draining extends GracefulHandler {

        Draining(Handler handler) {
            super(handler);
        }

        @Override
        protected void handleShutdownRejection(Request request, Response response, Callback callback) {
            try {
                if (!getHandler().handle(request, response, callback)) {
                    Response.writeError(request, response, callback, HttpStatus.NOT_FOUND_404);
                }
            } catch (Exception e) {
                Response.writeError(request, response, callback, e);
            }
        }
    }
}
