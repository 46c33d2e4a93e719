package dev.sluice.target;

import dev.sluice.balance.Candidate;
import dev.sluice.balance.ResponseTime;
import dev.sluice.config.TargetConfiguration;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.core5.http.HttpHost;

/**
 * One address of one configured target, and what is counted about it. Identity is what makes a target: it lives as long as DNS
 * finds its address, in one target group. Safe for use by many threads.
 */
public final class Target implements Candidate {

    private final TargetConfiguration configuration;
    private final InetAddress address;
    private final HttpRoute route;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final ResponseTime responseTime;
    private final SlowStart slowStart;
    private final String id;

    /**
     * @param slowStart from now on; {@link SlowStart#NONE} for a full share at once
     * @param idOf from what the target alone has in its group, also after a restart, to the id that sessions know it by
     */
    Target(
            TargetConfiguration configuration,
            InetAddress address,
            SlowStart slowStart,
            LongSupplier nanoClock,
            UnaryOperator<String> idOf) {
        this.configuration = configuration;
        this.address = address;
        // With both, the pool keys by the address, TLS and Host see the name, and nothing is looked up again.
        this.route = new HttpRoute(new HttpHost("http", address, configuration.hostname(), configuration.port()));
        this.responseTime = new ResponseTime(nanoClock);
        this.slowStart = slowStart;
        this.id = idOf.apply(configuration.authority() + configuration.basePath() + " " + address.getHostAddress());
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

    /** As configured, of the whole entry; 0 for a target that takes no new requests but those of its sessions. */
    @Override
    public int weight() {
        return configuration.weight();
    }

    /** How many leases are held on it now. */
    @Override
    public int inFlight() {
        return inFlight.get();
    }

    @Override
    public ResponseTime responseTime() {
        return responseTime;
    }

    boolean isAt(TargetConfiguration configuration, InetAddress address) {
        return this.configuration.equals(configuration) && this.address.equals(address);
    }

    /** By which sessions know it. */
    String id() {
        return id;
    }

    @Override
    public double share() {
        return slowStart.share();
    }

    /** Counts one more request in, which is to be counted out; false if it has as many as that already. */
    boolean acquire(int max) {
        int before = inFlight.get();
        while (before < max) {
            int now = inFlight.compareAndExchange(before, before + 1);
            if (now == before) {
                return true;
            }
            before = now;
        }
        return false;
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
