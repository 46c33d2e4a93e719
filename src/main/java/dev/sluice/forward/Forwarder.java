package dev.sluice.forward;

import dev.sluice.config.ForwardedConfiguration;
import dev.sluice.config.TimeoutConfiguration;
import dev.sluice.forward.connection.Connections;
import dev.sluice.forward.head.Forwarded;
import dev.sluice.forward.head.HeadSettings;
import dev.sluice.forward.head.Via;
import dev.sluice.observe.Transaction;
import dev.sluice.routing.Rule;
import dev.sluice.target.Lease;
import dev.sluice.target.Lease.Outcome;
import dev.sluice.target.Placement;
import dev.sluice.target.TargetGroup;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Forwards requests to targets and returns their responses, as one configuration says. One forwarder serves all of its
 * target groups. Safe for use by many threads.
 */
public final class Forwarder {

    private final TimeoutConfiguration timeouts;
    private final HeadSettings heads;
    private final Connections connections;
    private final Exchanges exchanges;
    private final Rule<TargetGroup> none;

    /**
     * @param forwarded what targets are told about the client
     * @param ownCookies the names of the cookies that no target is to see
     * @param connections shared by all forwarders
     * @param exchanges shared by all forwarders
     * @param none a group without targets, which stands for that of refused requests
     */
    public Forwarder(
            TimeoutConfiguration timeouts,
            ForwardedConfiguration forwarded,
            Set<String> ownCookies,
            Connections connections,
            Exchanges exchanges,
            TargetGroup none) {
        this.timeouts = timeouts;
        this.heads = new HeadSettings(new Forwarded(forwarded), forwarded.via() ? exchanges.via() : null, ownCookies);
        this.connections = connections;
        this.exchanges = exchanges;
        this.none = new Rule<>("/", "", none);
    }

    /**
     * Forwards a request to the leased target or, if an attempt fails in a way that permits another one, to others of
     * the rule's group. Does not block, except in Tomcat for a request that asks for another protocol: that waits for
     * the target's decision. The response, including that to a failure, is given through the request's async context.
     * The lease is released in any case.
     *
     * @param lease null if there is none: the request waits for room, if it may, and if there is a target at all
     * @param transaction is filled, and ended when everything is over; if this throws, it may not have been ended
     */
    public void forward(
            Rule<TargetGroup> rule,
            Placement placement,
            @Nullable Lease lease,
            Transaction transaction,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse)
            throws IOException, ServletException {
        try {
            new Exchange(this, rule, placement, transaction, clientRequest, clientResponse).start(lease);
        } catch (IOException | RuntimeException | Error e) {
            if (lease != null) {
                lease.release(Outcome.ABANDONED);
            }
            throw e;
        }
    }

    /**
     * Whether the request has passed through here before, and would do so again and again. Always false if no message
     * is to name Sluice.
     */
    public boolean isLoop(HttpServletRequest clientRequest) {
        Via via = heads.via();
        return via != null && via.names(clientRequest);
    }

    /**
     * Answers a request instead of forwarding it. Does not block. What the client still sends is read for a while, so
     * that the response is not lost to a reset.
     *
     * @param transaction as of {@link #forward}
     */
    public void refuse(
            Refusal refusal,
            Transaction transaction,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse)
            throws IOException {
        Placement nowhere = none.targetGroup().place(Collections::emptyEnumeration);
        new Exchange(this, none, nowhere, transaction, clientRequest, clientResponse).refuse(refusal.failure());
    }

    /** Shared by all forwarders. */
    Connections connections() {
        return connections;
    }

    /** Shared by all forwarders. */
    Exchanges exchanges() {
        return exchanges;
    }

    HeadSettings headSettings() {
        return heads;
    }

    /** How long a target may stay silent. */
    Timeout timeout() {
        return milliseconds(timeouts.connection());
    }

    /** How long a stream may pause. */
    Timeout streamIdleTimeout() {
        return milliseconds(timeouts.streamIdle()); // zero disables it
    }

    /** How long a tunnel may be idle. */
    Timeout tunnelIdleTimeout() {
        return milliseconds(timeouts.tunnelIdle());
    }

    /** In milliseconds, the unit that the log is to show. */
    private static Timeout milliseconds(Duration duration) {
        return Timeout.ofMilliseconds(duration.toMillis());
    }
}
