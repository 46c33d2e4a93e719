package dev.sluice.launcher;

import dev.sluice.LoadBalancerListener;
import dev.sluice.ProxyServlet;
import dev.sluice.config.Configuration;
import dev.sluice.config.ListenerConfiguration;
import dev.sluice.launcher.tls.FileContextFactory;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Jetty with the proxy as its only servlet, as {@code web.xml} has it in a container. Stops with the process: requests in flight
 * have {@link #STOP_MILLIS} to finish, then the load balancer is stopped.
 */
final class EmbeddedJetty {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedJetty.class);

    private static final int STOP_MILLIS = 10_000;

    /** An error page of Jetty's own is empty, as Sluice's are, and a client that speaks no proper HTTP is not listened to any further. */
    private static final Request.Handler EMPTY_ERROR = (request, response, callback) -> {
        if (response.getStatus() == HttpStatus.BAD_REQUEST_400) {
            response.getHeaders().put(HttpFields.CONNECTION_CLOSE);
        }
        callback.succeeded();
        return true;
    };

    private final Server jetty;
    private final HttpConnector cleartext;
    private final @Nullable HttpConnector tls;

    private EmbeddedJetty(
            Configuration configuration, LoadBalancerListener loadBalancer, @Nullable FileContextFactory context) {
        QueuedThreadPool threads = new QueuedThreadPool();
        threads.setName("listener");
        jetty = new Server(threads);
        ListenerConfiguration listener = configuration.listener();
        cleartext = ListenerConnector.cleartext(jetty, listener);
        jetty.addConnector(cleartext);
        tls = listener.tls() == null || context == null
                ? null
                : ListenerConnector.tls(jetty, listener, listener.tls().port(), context);
        if (tls != null) {
            jetty.addConnector(tls);
        }
        jetty.setErrorHandler(EMPTY_ERROR);
        jetty.setHandler(new Draining(application(loadBalancer)));
        jetty.setStopTimeout(STOP_MILLIS);
        jetty.setStopAtShutdown(true);
    }

    /**
     * Returns when the load balancer takes requests.
     *
     * @param loadBalancer has the same configuration
     * @param context the certificate of the port with TLS, null where there is none
     * @throws java.net.BindException if it cannot listen on a configured port, with a message for the user
     */
    static EmbeddedJetty start(
            Configuration configuration,
            LoadBalancerListener loadBalancer,
            @Nullable FileContextFactory context,
            String version)
            throws Exception {
        EmbeddedJetty embedded = new EmbeddedJetty(configuration, loadBalancer, context);
        embedded.cleartext.open();
        if (embedded.tls != null) {
            embedded.tls.open();
        }
        embedded.jetty.start();
        log.info(
                "Sluice {} listens on port {}{}",
                version,
                embedded.port(),
                embedded.tls == null ? "" : ", and on port " + embedded.tls.getLocalPort() + " with TLS");
        return embedded;
    }

    private static ServletContextHandler application(LoadBalancerListener loadBalancer) {
        ServletContextHandler context = new ServletContextHandler("/");
        context.setErrorHandler(EMPTY_ERROR);
        context.addEventListener(loadBalancer);
        context.addServlet(proxy(), "/*");
        return context;
    }

    /** The standard output is the access log's; all else goes to the standard error. */
    static void print(CharSequence lines) {
        System.out.print(lines);
        System.out.flush();
    }

    private static ServletHolder proxy() {
        ServletHolder proxy = new ServletHolder("proxy", new ProxyServlet());
        proxy.setAsyncSupported(true);
        proxy.setInitOrder(1);
        return proxy;
    }

    /** The one without TLS. */
    int port() {
        return cleartext.getLocalPort();
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
