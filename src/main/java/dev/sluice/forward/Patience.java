package dev.sluice.forward;

import dev.sluice.forward.container.Container;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How long the client of an exchange is waited for: while it sends its request ({@link StreamWatch}), while it takes its
 * response ({@link Stall}), and for the rest of its request after that ({@link Linger}). Guarded by the exchange's
 * monitor.
 */
final class Patience {

    private final Exchange exchange;
    private final Exchanges exchanges;
    private final Container container;
    private final boolean isHttp1;
    private final RequestBody requestBody;
    private final ResponseBody responseBody;

    private @Nullable Stall stall; // null before the response first waits
    private @Nullable StreamWatch streamWatch; // null before the request is first waited for, and in HTTP/1
    private @Nullable Linger linger; // null before it begins

    Patience(
            Exchange exchange,
            Exchanges exchanges,
            Container container,
            boolean isHttp1,
            RequestBody requestBody,
            ResponseBody responseBody) {
        this.exchange = exchange;
        this.exchanges = exchanges;
        this.container = container;
        this.isHttp1 = isHttp1;
        this.requestBody = requestBody;
        this.responseBody = responseBody;
    }

    /** The rest of the request is waited for, while its target waits for it. */
    void requestIsAwaited() {
        if (!isHttp1) {
            if (streamWatch == null) {
                streamWatch = new StreamWatch(exchange, exchanges, requestBody);
            }
            streamWatch.watch();
        }
    }

    /** Some of the response waits for its client. */
    void responseStalls() {
        if (stall == null) {
            stall = new Stall(
                    exchange,
                    exchanges,
                    () -> !exchange.hasEnded() && responseBody.awaitsRoom(),
                    responseBody::sent,
                    () -> exchange.guarded(exchange::clientStalls));
        }
        stall.watch();
    }

    boolean isLingering() {
        return linger != null;
    }

    /**
     * Begins to linger for the rest of the request, if there is one that must be read: see {@link RequestBody#discard}.
     * In HTTP/2, a host that does not read it resets the request's stream, and the client may lose the response, too; but
     * a client may wait for the end of the response before it ends its request, as gRPC clients do. So it is done only
     * where that end can be sent first.
     */
    boolean beginsToLinger() {
        if (!isHttp1 && !container.readsAfterResponse()) {
            return false;
        }
        requestBody.discard();
        if (requestBody.isOver()) {
            return false;
        }
        try {
            responseBody.flushEnd();
        } catch (IOException | IllegalStateException e) {
            return false;
        }
        linger = new Linger(exchange, exchanges, requestBody);
        boolean goesOn = linger.goOn();
        if (!goesOn) {
            requestBody.abandon();
        }
        return goesOn;
    }

    /** The exchange has ended: nobody is waited for any more. */
    void end() {
        if (stall != null) {
            stall.cancel();
        }
        if (streamWatch != null) {
            streamWatch.cancel();
        }
        if (linger != null) {
            linger.cancel();
        }
    }
}
