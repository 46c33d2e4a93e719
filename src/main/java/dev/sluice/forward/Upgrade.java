package dev.sluice.forward;

import dev.sluice.forward.container.Container;
import dev.sluice.forward.head.UpgradeField;
import dev.sluice.forward.tunnel.Handshake;
import dev.sluice.forward.tunnel.JettyTunnelClient;
import dev.sluice.forward.tunnel.TomcatTunnelClient;
import dev.sluice.forward.tunnel.Tunnel;
import dev.sluice.observe.ErrorLog;
import dev.sluice.observe.Transaction;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.ProtocolException;
import org.jspecify.annotations.Nullable;

/**
 * The other protocol that a client asks for, if any (RFC 9110 section 7.8), until the target decides: the exchange becomes
 * a tunnel, or the request is answered like any other. In Tomcat the servlet's thread waits for that in a {@link
 * Handshake}; in Jetty nobody has to.
 *
 * <p>What is asked for does not change once the first attempt has begun. The tunnel is set with the exchange's monitor
 * held, and read once the handshake has been accepted.
 */
final class Upgrade {

    private final Exchanges exchanges;
    private final Transaction transaction;
    private final HttpServletRequest clientRequest;

    private @Nullable String protocols; // null for none
    private @Nullable Handshake handshake; // null where no thread waits
    private @Nullable Tunnel tunnel; // that the handshake's thread is to open

    /**
     * @param isPossible whether this request could become a tunnel, if its container and its client can
     * @param preparation as for {@link Handshake}; null where a tunnel can begin at any time
     */
    Upgrade(
            Exchanges exchanges,
            Transaction transaction,
            Container container,
            HttpServletRequest clientRequest,
            boolean isPossible,
            @Nullable Runnable preparation) {
        this.exchanges = exchanges;
        this.transaction = transaction;
        this.clientRequest = clientRequest;
        String asked = isPossible ? UpgradeField.of(clientRequest) : null;
        this.protocols = asked != null && container.canUpgrade(clientRequest) ? asked : null;
        this.handshake = protocols != null && preparation != null ? new Handshake(preparation) : null;
    }

    /** The request is answered like any other. Called before the first attempt. */
    void giveUp() {
        protocols = null;
        handshake = null;
    }

    /** The protocols that the target is asked for; null for none. */
    @Nullable
    String asked() {
        return protocols;
    }

    /** The protocols to which the target switches; null if the client has not asked for all of them. */
    @Nullable
    String agreed(HttpResponse head) {
        return protocols == null ? null : UpgradeField.agreed(head, protocols);
    }

    /**
     * Begins the first attempt and waits for its target's decision, where the calling thread, the servlet's, is to wait for
     * that, and is one of those that may. If the target agrees, the host opens the tunnel when the servlet's call returns.
     *
     * @return false if this thread does not wait, and nothing has begun
     */
    boolean await(Runnable firstAttempt) throws IOException, ServletException {
        if (handshake == null) {
            return false;
        }
        if (!exchanges.beginHandshake()) {
            ErrorLog.notUpgraded(transaction, "too many threads already wait for a target to accept an upgrade");
            giveUp();
            return false;
        }
        boolean isAgreed;
        try {
            firstAttempt.run();
            isAgreed = handshake.awaitDecision();
        } finally {
            exchanges.endHandshake();
        }
        if (isAgreed && tunnel != null) {
            TomcatTunnelClient.prepare(clientRequest, tunnel);
        }
        return true;
    }

    /** Whether the servlet's thread waits, or has waited, for the decision. */
    boolean isAwaited() {
        return handshake != null;
    }

    /** As {@link Handshake#beginToRefuse}, if a thread waits. */
    void beginToRefuse() {
        if (handshake != null) {
            handshake.beginToRefuse();
        }
    }

    /** As {@link Handshake#refuse}, if a thread waits. Called without the monitor. */
    void refuse() {
        if (handshake != null) {
            handshake.refuse();
        }
    }

    /**
     * The target has agreed. Called with the monitor held. If a thread waits, {@link #accept} must follow.
     *
     * @throws ProtocolException if the request is about to fail
     */
    void begin(Tunnel next) throws ProtocolException {
        if (handshake == null) {
            JettyTunnelClient.prepare(clientRequest, next);
        } else if (handshake.beginToAccept()) {
            tunnel = next;
        } else {
            throw new ProtocolException("an upgrade that is not wanted any more");
        }
    }

    /** As {@link Handshake#accept}, if a thread waits. */
    void accept() {
        if (handshake != null) {
            handshake.accept();
        }
    }
}
