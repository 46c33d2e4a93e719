package dev.sluice.forward;

import dev.sluice.forward.container.Container;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The asynchronous processing of an exchange's request by its host, until that is over and the exchange is counted out
 * of all {@link Exchanges}, which happens once, whoever does it. Tells the exchange what the host does by itself. Safe
 * for use by many threads; but only the one that has ended the exchange completes it or breaks it off.
 */
final class AsyncCycle implements AsyncListener {

    private static final Logger LOG = LoggerFactory.getLogger(AsyncCycle.class);

    private final Exchange exchange;
    private final Exchanges exchanges;
    private final Container container;
    private final HttpServletRequest clientRequest;
    private final HttpServletResponse clientResponse;

    @SuppressWarnings("NullAway.Init") // set before anybody needs it, see begin()
    private volatile AsyncContext async;

    private volatile boolean cutsOffAtTimeout; // only in Tomcat
    private volatile boolean endsWithTunnel; // whether the end of a tunnel counts the exchange out
    private final AtomicBoolean over = new AtomicBoolean(); // whether it was counted out

    /** Counts the exchange in. */
    AsyncCycle(
            Exchange exchange,
            Exchanges exchanges,
            Container container,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse) {
        this.exchange = exchange;
        this.exchanges = exchanges;
        this.container = container;
        this.clientRequest = clientRequest;
        this.clientResponse = clientResponse;
        exchanges.begin();
    }

    /** Puts the request into async mode. Called within the servlet's call, before anything else that needs that. */
    void begin() {
        async = container.startAsync(clientRequest, clientResponse);
        async.setTimeout(container.asyncTimeout());
        async.addListener(this);
    }

    /** The response is complete, or nobody is left who wants it. */
    void complete() {
        tryTo(async::complete);
    }

    /**
     * Has the request dispatched again: see {@link BrokenOff}. Once its application has begun to stop, Tomcat cannot do
     * that any more; but it still checks every second what has timed out. Only {@link #onTimeout} completes the exchange
     * then, so that the application is there until it has.
     */
    void breakOff() {
        tryTo(() -> {
            try {
                async.dispatch();
            } catch (UnsupportedOperationException e) {
                cutOffSoon();
            }
        });
    }

    private void cutOffSoon() {
        cutsOffAtTimeout = true;
        try {
            async.setTimeout(1);
        } catch (IllegalStateException e) { // no time-out will come
            cutsOffAtTimeout = false;
            throw e;
        }
    }

    private void tryTo(Runnable completion) {
        try {
            completion.run();
        } catch (IllegalStateException e) {
            LOG.debug("The host has completed the exchange by itself", e);
        } finally {
            if (!cutsOffAtTimeout) { // else its completion counts it out
                mayBeOver();
            }
        }
    }

    @Override
    public void onComplete(AsyncEvent event) {
        mayBeOver();
        exchange.hostHasCompleted();
    }

    /** The host has given up the client's connection, for a reason that neither body's listener was told. */
    @Override
    public void onError(AsyncEvent event) {
        exchange.hostGivesUp(event.getThrowable(), true);
    }

    /**
     * If this is to break the response off, cuts it off and completes the exchange. Until this returns, the response is
     * the exchange's, although that has ended.
     */
    @Override
    public void onTimeout(AsyncEvent event) {
        if (!cutsOffAtTimeout) {
            exchange.hostGivesUp(event.getThrowable(), false);
            return;
        }
        try {
            container.cutOff(clientResponse);
        } finally {
            complete();
        }
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        // only a second startAsync would call this
    }

    /** The exchange becomes a tunnel, the end of which {@link #countOut counts it out}. */
    void becomesTunnel() {
        endsWithTunnel = true;
    }

    /** Counts the exchange out, unless a tunnel does. To be called whenever it may be over. */
    void mayBeOver() {
        if (!endsWithTunnel) {
            countOut();
        }
    }

    /** Counts the exchange out, if nobody has yet. */
    void countOut() {
        if (over.compareAndSet(false, true)) {
            exchanges.end();
        }
    }
}
