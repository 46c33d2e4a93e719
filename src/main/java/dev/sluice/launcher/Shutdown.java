package dev.sluice.launcher;

import dev.sluice.Sluice;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.component.Graceful;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process when it is told to stop. At first requests are served as before, but Sluice is not ready, so that
 * the load balancers in front of it notice. Then it takes no more connections, and lets requests in flight finish.
 * Whatever is left after the time-out, or when it is told again, is cut off. Runs once, on a thread of its own.
 */
final class Shutdown implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);

    /**
     * How long before the end of the delay responses begin to tell clients not to use their connections again: most
     * clients send one more request in that time.
     */
    private static final Duration CLOSE_NOTICE = Duration.ofSeconds(1);

    /**
     * A signal that is repeated so soon does not count: whoever signals a process and its group, or repeats a signal
     * because the process is still there, means a single stop.
     */
    private static final Duration ECHO = Duration.ofSeconds(1);

    private final Sluice sluice;
    private final Runnable farewell;
    private final Server jetty;
    private final CompletableFuture<Void> toldAgain = new CompletableFuture<>();

    /** @param farewell makes responses end their connections from then on */
    Shutdown(Sluice sluice, Runnable farewell, Server jetty) {
        this.sluice = sluice;
        this.farewell = farewell;
        this.jetty = jetty;
    }

    /**
     * Starts Jetty, having arranged for its end: whoever sees that one port serves may tell the process to stop before
     * the other one does. Returns once both do.
     */
    synchronized void startJetty() throws Exception {
        LauncherLogManager.open();
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(this, "shutdown"));
        } catch (IllegalStateException e) {
            LOG.info("Told to stop during the start");
        }
        jetty.start();
    }

    @Override
    public void run() {
        if (sluice.hasStarted()) { // else nothing is served yet, and the start may take long
            end();
        }
    }

    private synchronized void end() {
        if (!jetty.isStarted()) {
            return; // it could not start
        }
        long told = System.nanoTime();
        Signals.handle(Signals.TERMINATE, () -> hurry(told));
        Signals.handle(Signals.INTERRUPT, () -> hurry(told));
        try {
            delay();
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            LOG.error("Sluice did not stop in order", e);
        } finally {
            StandardError.awaitWritten();
        }
    }

    private void hurry(long told) {
        if (System.nanoTime() - told >= ECHO.toNanos() && toldAgain.complete(null)) {
            LOG.info("Told again to stop: waiting for nothing any more");
        }
    }

    private void delay() {
        sluice.drain();
        Duration delay = sluice.shutdown().delay();
        if (!delay.isZero()) {
            LOG.info("Draining: not ready any more, taking requests for another {} s", delay.toSeconds());
            pause(delay.minus(CLOSE_NOTICE));
            farewell.run();
            pause(CLOSE_NOTICE);
        }
    }

    private void pause(Duration time) {
        toldAgain
                .copy()
                .completeOnTimeout(null, time.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    private void stop() throws Exception {
        Duration timeout = sluice.shutdown().timeout();
        LOG.info(
                "Draining: taking no more connections, {} in flight may finish within {} s",
                sluice.inFlight(),
                timeout.toSeconds());
        sluice.stopWaiting();
        try {
            // completes when no connection is left; idle ones last a second
            CompletableFuture.anyOf(Graceful.shutdown(jetty), toldAgain).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.debug("Not all has finished", e);
        } catch (ExecutionException e) {
            LOG.error("Not all could finish", e.getCause());
        }
        int cut = sluice.inFlight();
        sluice.cutOff(); // otherwise Jetty closes the connections, as if clients had left
        jetty.stop();
        if (cut > 0) {
            LOG.warn("Stopped: {} in flight were cut off", cut);
        } else {
            LOG.info("Stopped: nothing was cut off");
        }
    }
}
