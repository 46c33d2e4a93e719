package dev.sluice.target;

import dev.sluice.config.TargetConfiguration;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.core5.http.HttpHost;

/**
 * One address of one configured target, and what is counted about it. Identity is what makes a target: it lives as long as DNS
 * finds its address, in one target group. Safe for use by many threads.
 */
public final class Target {

    private final TargetConfiguration configuration;
    private final InetAddress address;
    private final HttpRoute route;
    private final AtomicInteger inFlight = new AtomicInteger();

    Target(TargetConfiguration configuration, InetAddress address) {
        this.configuration = configuration;
        this.address = address;
        // With both, the pool keys by the address, TLS and Host see the name, and nothing is looked up again.
        this.route = new HttpRoute(new HttpHost("http", address, configuration.hostname(), configuration.port()));
    }

    /** The value of the Host header: the name as configured, with the port. */
    public String authority() {
        return configuration.authority();
    }

    /** What is put in front of every path: empty, or without a slash at its end. */
    public String basePath() {
        return configuration.basePath();
    }

    /** Where its connections lead: the address, under the configured name. */
    public HttpRoute route() {
        return route;
    }

    /** How many leases are held on it now. */
    public int inFlight() {
        return inFlight.get();
    }

    boolean isAt(TargetConfiguration configuration, InetAddress address) {
        return this.configuration.equals(configuration) && this.address.equals(address);
    }

    Lease acquire() {
        inFlight.incrementAndGet();
        return new Lease(this);
    }

    void release() {
        inFlight.decrementAndGet();
    }

    /** For people: {@code name:port} and, where that is not the same, its address. */
    @Override
    public String toString() {
        String literal = address.getHostAddress();
        return literal.equals(configuration.hostname()) ? authority() : authority() + " (" + literal + ")";
    }
}
