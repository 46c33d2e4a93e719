package dev.sluice.health;

import dev.sluice.config.HealthCheckConfiguration;
import dev.sluice.config.HealthCheckConfiguration.Protocol;
import dev.sluice.tls.ClientTls;
import java.net.InetAddress;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.HttpProcessors;
import org.apache.hc.core5.http.impl.bootstrap.AsyncRequesterBootstrap;
import org.apache.hc.core5.http.impl.bootstrap.HttpAsyncRequester;
import org.apache.hc.core5.http.nio.ssl.BasicClientTlsStrategy;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.net.NamedEndpoint;
import org.apache.hc.core5.reactor.IOReactorConfig;
import org.apache.hc.core5.reactor.IOReactorStatus;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.reactor.ssl.TransportSecurityLayer;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks targets repeatedly, each on its own schedule. The checks have their own connections and thread, so that
 * requests and checks do not delay each other. Safe for use by many threads.
 */
public final class HealthChecker implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(HealthChecker.class);

    private static final String USER_AGENT = "Sluice-HealthCheck";

    /** The precision of the time-outs. */
    private static final TimeValue TICK = TimeValue.ofMilliseconds(100);

    /** A target has at most one connection in use, but discarded ones may wait for the reactor to close them. */
    private static final int MAX_CONNECTIONS = 100_000;

    /** A head may have at least as much as a target's response to a request. */
    private static final Http1Config LARGE_HEADS = Http1Config.custom()
            .setMaxLineLength(32 * 1024)
            .setMaxHeaderCount(500)
            .build();

    private HttpAsyncRequester requester; // guarded by this
    private final ScheduledExecutorService timer;
    private final DoubleSupplier random;
    private final Future<?> forgetting;
    private volatile boolean closed;

    /** @param timer runs short tasks */
    public HealthChecker(ScheduledExecutorService timer) {
        this(timer, () -> ThreadLocalRandom.current().nextDouble());
    }

    /** @param random from 0 to 1, for the jitter */
    HealthChecker(ScheduledExecutorService timer, DoubleSupplier random) {
        this.timer = timer;
        this.random = random;
        this.requester = startRequester();
        this.forgetting = timer.scheduleWithFixedDelay(this::forgetRoutes, 1, 1, TimeUnit.MINUTES);
    }

    private HttpAsyncRequester startRequester() {
        HttpAsyncRequester started = AsyncRequesterBootstrap.bootstrap()
                .setIOReactorConfig(IOReactorConfig.custom()
                        .setIoThreadCount(1)
                        .setSelectInterval(TICK)
                        .build())
                .setHttp1Config(LARGE_HEADS)
                .setHttpProcessor(HttpProcessors.client(USER_AGENT))
                .setTlsStrategy(new TrustingTls())
                .setDefaultMaxPerRoute(MAX_CONNECTIONS)
                .setMaxTotal(MAX_CONNECTIONS)
                .setExceptionCallback(this::reactorFailed)
                .create();
        started.start();
        return started;
    }

    /** Opens the checks' connections. Replaced if its reactor has died. */
    synchronized HttpAsyncRequester requester() {
        if (requester.getStatus() != IOReactorStatus.ACTIVE && !closed) {
            LOG.error("The reactor of the health checks has died, starting another");
            requester = startRequester();
        }
        return requester;
    }

    /**
     * Trusts every certificate: a check asks whether a target is healthy, not who it is, and an expired certificate is
     * no reason to take it out of use. Tells the check, which is the attachment, its connection.
     */
    private static final class TrustingTls extends BasicClientTlsStrategy {

        TrustingTls() {
            super(ClientTls.trustingAll(), TrustingTls::identify, null);
        }

        private static void identify(NamedEndpoint endpoint, SSLEngine engine) {
            SSLParameters parameters = engine.getSSLParameters();
            ClientTls.identify(parameters, endpoint.getHostName(), false);
            engine.setSSLParameters(parameters);
        }

        @Override
        public void upgrade(
                TransportSecurityLayer connection,
                NamedEndpoint endpoint,
                Object check,
                Timeout timeout,
                FutureCallback<TransportSecurityLayer> callback) {
            ((Schedule.Check) check).beginsTls((ProtocolIOSession) connection);
            super.upgrade(connection, endpoint, check, timeout, callback);
        }
    }

    /**
     * Checks a target, at once and then repeatedly until the returned schedule is closed.
     *
     * @param hostname for the Host header field and TLS
     * @param port used unless the configuration has a port for checks
     */
    public Schedule check(
            HealthCheckConfiguration configuration, String hostname, InetAddress address, int port, Health health) {
        int checkedPort = configuration.port() == 0 ? port : configuration.port();
        String scheme = configuration.protocol() == Protocol.HTTPS ? "https" : "http";
        HttpHost host = new HttpHost(scheme, address, hostname, checkedPort);
        Schedule schedule = new Schedule(configuration, host, health, this::requester, timer, random);
        schedule.start();
        return schedule;
    }

    /**
     * The requester's pool keeps an entry for each target ever checked, until it is asked to look for what has expired.
     * Lets no exception out: it would end the repetition.
     */
    private void forgetRoutes() {
        try {
            requester().closeExpired();
        } catch (RuntimeException | Error e) {
            LOG.error("What the health checks keep of targets that are gone could not be removed", e);
        }
    }

    private void reactorFailed(Exception cause) {
        if (!closed) { // otherwise its thread merely saw its selector closed
            LOG.error("Unexpected exception in the reactor of the health checks", cause);
        }
    }

    /** Aborts the checks in progress. */
    @Override
    public void close() {
        forgetting.cancel(false);
        HttpAsyncRequester last;
        synchronized (this) {
            closed = true;
            last = requester;
        }
        last.close(CloseMode.IMMEDIATE);
    }
}
