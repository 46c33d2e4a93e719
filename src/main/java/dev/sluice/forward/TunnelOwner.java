package dev.sluice.forward;

import dev.sluice.forward.tunnel.Tunnel;
import dev.sluice.observe.TerminationCause;
import dev.sluice.target.Lease.Outcome;
import org.apache.hc.core5.util.Timeout;

/** What a tunnel has taken over from its exchange: the last attempt, and the exchange's place in the count. */
final class TunnelOwner implements Tunnel.Owner {

    private final Attempt attempt;
    private final Exchanges exchanges;
    private final Timeout openingTimeout;
    private final Runnable countOut;

    /**
     * @param openingTimeout how long the host may take to open the tunnel
     * @param countOut counts the exchange out; idempotent
     */
    TunnelOwner(Attempt attempt, Exchanges exchanges, Timeout openingTimeout, Runnable countOut) {
        this.attempt = attempt;
        this.exchanges = exchanges;
        this.openingTimeout = openingTimeout;
        this.countOut = countOut;
    }

    @Override
    public void release() {
        attempt.end(Outcome.ANSWERED);
    }

    @Override
    public TerminationCause whoEnds() {
        return attempt.whoEnds();
    }

    @Override
    public void afterOpeningTimeout(Runnable task) {
        exchanges.after(openingTimeout.toMilliseconds(), task);
    }

    @Override
    public void ended() {
        countOut.run();
    }
}
