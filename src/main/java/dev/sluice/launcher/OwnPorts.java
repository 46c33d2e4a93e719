package dev.sluice.launcher;

import dev.sluice.config.Configuration;
import dev.sluice.config.IpAddress;
import dev.sluice.config.ListenerConfiguration;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds targets that are this process itself. A request that is forwarded to one comes back, and again, until connections
 * run out; so does each of its health checks. Stateless.
 */
final class OwnPorts {

    private static final Logger LOG = LoggerFactory.getLogger(OwnPorts.class);

    private OwnPorts() {}

    /**
     * Logs a warning for each such target whose address needs no DNS.
     *
     * @param listener the one that there is, which another configuration does not change
     */
    static void warn(ListenerConfiguration listener, Configuration configuration) {
        for (TargetGroupConfiguration group : configuration.targetGroups()) {
            for (TargetConfiguration target : group.targets()) {
                InetAddress address = address(target.hostname());
                if (address != null && isOwn(listener, address, target.port())) {
                    LOG.warn(
                            "{}: the target {} is Sluice's own port: what is forwarded to it comes back",
                            group.name(),
                            target);
                }
            }
        }
    }

    /** Null if it takes DNS to find it. */
    private static @Nullable InetAddress address(String hostname) {
        return hostname.equalsIgnoreCase("localhost") ? InetAddress.getLoopbackAddress() : IpAddress.parse(hostname);
    }

    /** Whether a connection to this address and port is one to the listener. */
    static boolean isOwn(ListenerConfiguration listener, InetAddress address, int port) {
        InetAddress bound = listener.address();
        return (port == listener.port()
                        || (listener.tls() != null && port == listener.tls().port()))
                && ((bound == null || bound.isAnyLocalAddress()) ? isOfThisMachine(address) : bound.equals(address));
    }

    private static boolean isOfThisMachine(InetAddress address) {
        try {
            return address.isLoopbackAddress()
                    || address.isAnyLocalAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            LOG.debug("The addresses of this machine are not known", e);
            return false;
        }
    }
}
