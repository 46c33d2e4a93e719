package dev.sluice.launcher;

import dev.sluice.ProxyServlet;
import dev.sluice.Sluice;
import dev.sluice.SluiceContextListener;
import dev.sluice.config.Configuration;
import dev.sluice.config.ListenerConfiguration;
import dev.sluice.launcher.tls.FileContextFactory;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Jetty whose only servlet is the proxy, set up as {@code web.xml} does in a container. Stops with the process, see
 * {@link Shutdown}.
 */
final class EmbeddedJetty {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedJetty.class);

    /**
     * Keeps Jetty's own error responses as empty as Sluice's, and closes the connection of a client whose HTTP is
     * malformed.
     */
    private static final Request.Handler EMPTY_ERROR = (request, response, callback) -> {
        if (response.getStatus() == HttpStatus.BAD_REQUEST_400) {
            response.getHeaders().put(HttpFields.CONNECTION_CLOSE);
        }
        callback.succeeded();
        return true;
    };

    /** How long Jetty's threads may take to end once they have nothing left to do. */
    private static final int STOP_MILLIS = 1000;

    private final Server jetty;
    private final HttpConnector cleartext;
    private final @Nullable HttpConnector tls;
    private final Shutdown shutdown;

    private EmbeddedJetty(Configuration configuration, Sluice sluice, @Nullable FileContextFactory context) {
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
        Farewell farewell = new Farewell(application(sluice, listener));
        jetty.setHandler(farewell);
        jetty.setStopTimeout(0); // Shutdown has waited before
        threads.setStopTimeout(STOP_MILLIS);
        shutdown = new Shutdown(sluice, farewell::sayClose, jetty);
    }

    /**
     * Returns once requests are served.
     *
     * @param sluice made with the same configuration
     * @param context the certificate for the port with TLS; null if there is no such port
     * @throws java.net.BindException if it cannot listen on a configured port, with a message for the user
     */
    static EmbeddedJetty start(
            Configuration configuration, Sluice sluice, @Nullable FileContextFactory context, String version)
            throws Exception {
        EmbeddedJetty embedded = new EmbeddedJetty(configuration, sluice, context);
        embedded.cleartext.open();
        if (embedded.tls != null) {
            embedded.tls.open();
        }
        embedded.shutdown.startJetty();
        LOG.info(
                "Sluice {} listens on port {}{}{}",
                version,
                embedded.port(),
                embedded.tls == null ? "" : ", and on port " + embedded.tls.getLocalPort() + " with TLS",
                embedded.cleartext.getHost() == null ? "" : ", of " + embedded.cleartext.getHost() + " only");
        return embedded;
    }

    private static ServletContextHandler application(Sluice sluice, ListenerConfiguration listener) {
        ServletContextHandler context = new ServletContextHandler("/");
        context.setErrorHandler(EMPTY_ERROR);
        context.addEventListener(new SluiceContextListener(sluice, inUse -> OwnPorts.warn(listener, inUse)));
        context.addServlet(proxy(), "/*");
        return context;
    }

    private static ServletHolder proxy() {
        ServletHolder proxy = new ServletHolder("proxy", new ProxyServlet());
        proxy.setAsyncSupported(true);
        proxy.setInitOrder(1);
        return proxy;
    }

    /** The port without TLS. */
    int port() {
        return cleartext.getLocalPort();
    }

    void join() throws InterruptedException {
        jetty.join();
    }

    /**
     * Tells clients of the end. Jetty's own {@code GracefulHandler} would refuse requests that they send on open
     * connections before they can know; these are still served.
     */
    private static final class Farewell extends Handler.Wrapper {

        private volatile boolean saysClose;

        Farewell(Handler handler) {
            super(handler);
        }

        /**
         * From now on clients of HTTP/1.1 are told not to use their connections again. HTTP/2 has a frame for that
         * (GOAWAY), which Jetty sends itself.
         */
        void sayClose() {
            saysClose = true;
        }

        /** The proxy never blocks, so a selector need not hand a request over to another thread. */
        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            if (saysClose
                    && request.getConnectionMetaData().getHttpVersion().getVersion()
                            < HttpVersion.HTTP_2.getVersion()) {
                response.getHeaders().put(HttpFields.CONNECTION_CLOSE);
            }
            return super.handle(request, response, callback);
        }
    }
}
