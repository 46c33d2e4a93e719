package dev.sluice;

import dev.sluice.admin.Lifetime;
import dev.sluice.config.AccessLogFormat;
import dev.sluice.forward.Exchanges;
import dev.sluice.forward.connection.Connections;
import dev.sluice.health.HealthChecker;
import dev.sluice.observe.Metrics;
import dev.sluice.observe.Observation;
import dev.sluice.observe.Reloads;
import dev.sluice.target.TakenOut;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.hc.core5.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What outlives each configuration: threads, connections, the generated secret, and observers. Thread-safe. */
final class SharedResources implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SharedResources.class);

    /** For names that only the operating system can resolve, which blocks. */
    private static final int MAX_LOOK_UP_THREADS = 16;

    private static final int SECRET_BYTES = 32;

    private static final long TIMER_PATIENCE_MILLIS = 200;

    private final Observation observation;
    private final AccessLogFormat accessLog;
    private final Metrics metrics = new Metrics();
    private final Reloads reloads = new Reloads(InstantSource.system());
    private final Lifetime lifetime;
    private final ScheduledThreadPoolExecutor timer;
    private final ThreadPoolExecutor blockingLookUps;
    private final Connections connections;
    private final Exchanges exchanges;
    private final Map<String, TakenOut> takenOut = new ConcurrentHashMap<>();
    private @Nullable HealthChecker healthChecker; // guarded by this
    private byte @Nullable [] generatedSecret; // guarded by this
    private boolean closed; // guarded by this

    /**
     * @param observation told of every request
     * @param accessLog the format of the access log that is among those
     */
    SharedResources(Observation observation, AccessLogFormat accessLog, Lifetime lifetime) {
        this.observation = observation;
        this.accessLog = accessLog;
        this.lifetime = lifetime;
        timer = new ScheduledThreadPoolExecutor(1, new DefaultThreadFactory("sluice-timer", true));
        timer.setRemoveOnCancelPolicy(true);
        blockingLookUps = new ThreadPoolExecutor(
                MAX_LOOK_UP_THREADS,
                MAX_LOOK_UP_THREADS,
                1,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory("sluice-dns", true));
        blockingLookUps.allowCoreThreadTimeOut(true);
        connections = new Connections(timer);
        exchanges = new Exchanges(timer);
    }

    Observation observation() {
        return observation;
    }

    /** The format of the access log that there is, whatever a reload says: what it needs is recorded. */
    AccessLogFormat accessLog() {
        return accessLog;
    }

    /** The metrics for operators. Observes requests only under configurations with ADMIN_PATH. */
    Metrics metrics() {
        return metrics;
    }

    /** The outcomes of reading a configuration again. */
    Reloads reloads() {
        return reloads;
    }

    Lifetime lifetime() {
        return lifetime;
    }

    /** Has a single thread, which makes every change to the set of targets. */
    ScheduledThreadPoolExecutor timer() {
        return timer;
    }

    /** For look-ups that block. */
    Executor blockingLookUps() {
        return blockingLookUps;
    }

    Connections connections() {
        return connections;
    }

    Exchanges exchanges() {
        return exchanges;
    }

    /** What operators have taken out of the group of this name, under whatever configuration. */
    TakenOut takenOut(String group) {
        return takenOut.computeIfAbsent(group, name -> new TakenOut());
    }

    /**
     * Created on first use, because it has a thread.
     *
     * @throws IllegalStateException if everything has ended meanwhile: nobody would end that thread
     */
    synchronized HealthChecker healthChecker() {
        if (closed) {
            throw new IllegalStateException("Sluice has ended");
        }
        if (healthChecker == null) {
            healthChecker = new HealthChecker(timer);
        }
        return healthChecker;
    }

    /** Signs cookies where no secret is configured. Generated on first use, and then kept. */
    synchronized byte[] generatedSecret() {
        if (generatedSecret == null) {
            LOG.warn(
                    "STICKINESS_SECRET is not set, so one was made that only this process knows: after a restart, and at other"
                            + " replicas, every sticky session gets a new target");
            generatedSecret = new byte[SECRET_BYTES];
            new SecureRandom().nextBytes(generatedSecret);
        }
        return generatedSecret;
    }

    /** Ends everything at once, requests in flight included. Called once no configuration is in use any more. */
    @Override
    public synchronized void close() {
        closed = true;
        blockingLookUps.shutdownNow();
        if (healthChecker != null) {
            healthChecker.close();
        }
        connections.close();
        timer.shutdown(); // tasks that are due later still run: exchanges that linger end
        awaitTimer();
    }

    /** Containers warn of a thread that outlives its application, if only by a moment. */
    private void awaitTimer() {
        try {
            timer.awaitTermination(TIMER_PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
