package dev.sluice.health;

import dev.sluice.config.HealthCheckConfiguration;
import dev.sluice.config.HealthCheckConfiguration.Protocol;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.Message;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.impl.bootstrap.HttpAsyncRequester;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.nio.AsyncClientEndpoint;
import org.apache.hc.core5.http.nio.entity.DiscardingEntityConsumer;
import org.apache.hc.core5.http.nio.support.BasicRequestProducer;
import org.apache.hc.core5.http.nio.support.BasicResponseConsumer;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.IOReactorStatus;
import org.apache.hc.core5.reactor.IOSession;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checks of one target, one at a time, each on a new connection. Pauses vary by up to a fifth either way so that
 * the checks of many targets spread out. Safe for use by many threads.
 */
public final class Schedule implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Schedule.class);

    private static final double JITTER = 0.2;

    private final HealthCheckConfiguration configuration;
    private final HttpHost host;
    private final Health health;
    private final Supplier<HttpAsyncRequester> requesters;
    private final ScheduledExecutorService timer;
    private final DoubleSupplier random;
    private final CompletableFuture<Void> firstVerdict = new CompletableFuture<>();
    private volatile boolean closed;
    private volatile @Nullable Future<?> next;
    private volatile @Nullable Check current;

    Schedule(
            HealthCheckConfiguration configuration,
            HttpHost host,
            Health health,
            Supplier<HttpAsyncRequester> requesters,
            ScheduledExecutorService timer,
            DoubleSupplier random) {
        this.configuration = configuration;
        this.host = host;
        this.health = health;
        this.requesters = requesters;
        this.timer = timer;
        this.random = random;
    }

    /** Completes when the first check has ended, with or without a verdict, or when the schedule is closed. */
    public CompletableFuture<Void> firstVerdict() {
        return firstVerdict;
    }

    void start() {
        if (!closed) {
            Check check = new Check();
            current = check;
            check.start();
            if (closed) {
                check.endWithoutVerdict(); // close() missed this check
            }
        }
    }

    private void startLater() {
        firstVerdict.complete(null);
        long pause = (long) (configuration.interval().toMillis() * (1 + JITTER * (2 * random.getAsDouble() - 1)));
        try {
            next = timer.schedule(this::start, pause, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            closed = true; // everything is shutting down
        }
        if (closed) {
            close(); // close() missed this task
        }
    }

    /** Stops the checks and abandons one in progress. */
    @Override
    public void close() {
        closed = true;
        firstVerdict.complete(null);
        Future<?> start = next;
        if (start != null) {
            start.cancel(false);
        }
        Check check = current;
        if (check != null) {
            check.endWithoutVerdict();
        }
    }

    /**
     * One check. It ends once, whichever comes first: the response, on the reactor thread, or the time-out, on the
     * timer's.
     */
    final class Check {

        private final Timeout timeout =
                Timeout.ofMilliseconds(configuration.timeout().toMillis());
        private final AtomicBoolean hasVerdict = new AtomicBoolean();
        private volatile @Nullable HttpAsyncRequester requester;
        private volatile @Nullable AsyncClientEndpoint connection;
        private volatile @Nullable IOSession tls;
        private volatile @Nullable Future<?> patience;

        void start() {
            try {
                patience = timer.schedule(this::timeOut, timeout.toMilliseconds(), TimeUnit.MILLISECONDS);
                requester = requesters.get();
                requester.connect(host, timeout, this, new Callback<>() {
                    @Override
                    public void completed(AsyncClientEndpoint connected) {
                        connection = connected;
                        if (hasVerdict.get()) {
                            connected.releaseAndDiscard(); // too late
                            cutOff();
                        } else if (configuration.protocol() == Protocol.TCP) {
                            end(null);
                        } else {
                            try {
                                ask(connected);
                            } catch (RuntimeException e) {
                                failed(e);
                            }
                        }
                    }
                });
            } catch (RejectedExecutionException e) {
                close(); // everything is shutting down
            } catch (RuntimeException e) {
                LOG.error("The health check of {} could not be started", host, e);
                endWithoutVerdict();
            }
        }

        /** Its connection begins with TLS. */
        void beginsTls(IOSession session) {
            tls = session;
            if (hasVerdict.get()) {
                cutOff(); // too late
            }
        }

        private void ask(AsyncClientEndpoint connected) {
            BasicHttpRequest request = new BasicHttpRequest(Method.GET, host, configuration.path());
            request.setHeader("Connection", "close");
            connected.execute(
                    new BasicRequestProducer(request, null),
                    new BasicResponseConsumer<>(new DiscardingEntityConsumer<>()),
                    HttpCoreContext.create(),
                    new Callback<Message<HttpResponse, Void>>() {
                        @Override
                        public void completed(Message<HttpResponse, Void> answer) {
                            int status = answer.getHead().getCode();
                            end(configuration.matcher().contains(status) ? null : "it answered " + status);
                        }
                    });
        }

        private void timeOut() {
            end("no answer within " + configuration.timeout().toSeconds() + " s");
            cutOff();
        }

        /** @param failure null if the check passed */
        private void end(@Nullable String failure) {
            if (!hasVerdict.compareAndSet(false, true)) {
                return;
            }
            giveUp();
            if (!closed) {
                try {
                    tell(failure);
                } catch (RuntimeException | Error e) { // would end the reactor
                    LOG.error("The result of a check of {} could not be reported", host, e);
                } finally {
                    startLater();
                }
            }
        }

        private void tell(@Nullable String failure) {
            HttpAsyncRequester its = requester;
            if (failure == null) {
                health.checkPassed();
            } else if (its != null
                    && its.getStatus() == IOReactorStatus.ACTIVE) { // otherwise the reactor has died, not the target
                health.checkFailed(failure);
            }
        }

        /** Ends the check without a verdict on the target. The next one follows unless the schedule is closed. */
        void endWithoutVerdict() {
            if (hasVerdict.compareAndSet(false, true)) {
                giveUp();
                cutOff();
                if (!closed) {
                    startLater();
                }
            }
        }

        private void giveUp() {
            Future<?> timeOut = patience;
            if (timeOut != null) {
                timeOut.cancel(false);
            }
            AsyncClientEndpoint connected = connection;
            if (connected != null) {
                connected.releaseAndDiscard();
            }
        }

        /** Otherwise TLS waits for the target to end its handshake or its data, for as long as it sends any. */
        private void cutOff() {
            IOSession session = tls;
            if (session != null) {
                session.close(CloseMode.IMMEDIATE);
            }
        }

        private abstract class Callback<T> implements FutureCallback<T> {

            @Override
            public void failed(Exception cause) {
                String message = cause.getMessage();
                end(message == null ? cause.getClass().getSimpleName() : message);
            }

            @Override
            public void cancelled() {
                endWithoutVerdict();
            }
        }
    }
}
