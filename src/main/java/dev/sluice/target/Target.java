package dev.sluice.target;

import dev.sluice.balance.Candidate;
import dev.sluice.balance.ResponseTime;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.health.Health;
import dev.sluice.health.Schedule;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.core5.http.HttpHost;
import org.jspecify.annotations.Nullable;

/**
 * One address that a group's requests go to, and what is known about it. Identity is what makes a target: it lives as long as DNS finds its
 * address and, after that, until its requests are finished; in one target group, or in those that follow each other under its name. Safe for use by many threads.
 */
public final class Target implements Candidate {

    private final String name;
    private final String label;
    private final String address;
    private final String basePath;
    private final TransportConfiguration transport;
    private final HttpRoute route;
    private final ResponseTime responseTime;
    private final KeepAlive keepAlive;
    private final Health health;
    private volatile String id;
    private volatile @Nullable Schedule checks;
    private volatile boolean gone;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Set<Lease> leases = ConcurrentHashMap.newKeySet();
    private volatile Endpoint endpoint;
    private volatile SlowStart slowStart = SlowStart.NONE;
    private final LongAdder requests = new LongAdder();
    private final LongAdder attempts;
    private final RequestRate requestRate;
    private final LongAdder failures = new LongAdder();
    private final RequestRate failureRate;
    private final AtomicReference<@Nullable Instant> outSince = new AtomicReference<>();
    private volatile @Nullable Instant leftAt;

    /**
     * @param id by which sessions know it
     * @param namesake another one at the same place, with which it counts on; null for none
     */
    Target(
            Endpoint endpoint,
            String basePath,
            TransportConfiguration transport,
            String id,
            LongSupplier nanoClock,
            Health health,
            @Nullable Target namesake) {
        this.endpoint = endpoint;
        this.name = name(endpoint, basePath);
        this.label = endpoint.with(basePath);
        this.address = TargetConfiguration.authority(endpoint.address().getHostAddress(), endpoint.port());
        this.basePath = basePath;
        this.transport = transport;
        // With both, the pool keys by the address, TLS and Host see the name, and nothing is looked up again.
        this.route = new HttpRoute(new HttpHost(
                transport.isTls() ? "https" : "http", endpoint.address(), endpoint.hostname(), endpoint.port()));
        this.id = id;
        this.responseTime = new ResponseTime(nanoClock);
        this.keepAlive = new KeepAlive(nanoClock);
        this.health = health;
        this.attempts = namesake == null ? new LongAdder() : namesake.attempts;
        this.requestRate = new RequestRate(requests::sum, nanoClock);
        this.failureRate = new RequestRate(failures::sum, nanoClock);
    }

    /** The value of the Host header: the name, with the port. */
    public String authority() {
        return endpoint.authority();
    }

    /** {@code address:port}, an IPv6 address in brackets. */
    public String address() {
        return address;
    }

    /** What is put in front of every path: empty, or without a slash at its end. */
    public String basePath() {
        return basePath;
    }

    /** How it is spoken to. */
    public TransportConfiguration transport() {
        return transport;
    }

    /** Where its connections lead: the address, under the name. */
    public HttpRoute route() {
        return route;
    }

    /** Whether both use the same connections. */
    public boolean isReachedAs(Target other) {
        return route.equals(other.route) && transport.equals(other.transport);
    }

    /** How long its idle connections last. */
    public KeepAlive keepAlive() {
        return keepAlive;
    }

    /** What its checks and its requests say. */
    public Health health() {
        return health;
    }

    /** 0 for a target that takes no new requests but those of its sessions. */
    @Override
    public int weight() {
        return endpoint.weight();
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

    @Override
    public double share() {
        return slowStart.share();
    }

    /** Whether it has left its group, and nobody comes to it any more. */
    public boolean isGone() {
        return gone;
    }

    /** What it is called in its group: {@code name:port}, the address unless the name is that, and the base path. */
    public String name() {
        return name;
    }

    private static String name(Endpoint place, String basePath) {
        String literal = place.address().getHostAddress();
        return place.authority() + (literal.equals(place.hostname()) ? "" : "@" + literal) + basePath;
    }

    /** How many requests it was given, each try counted, since it was found. */
    public long requests() {
        return requests.sum();
    }

    /**
     * The same, of all that were called so without a break: one that is spoken to in another way takes its place, and what is counted of a name does not
     * go back when the former one goes.
     */
    public long attempts() {
        return attempts.sum();
    }

    /** How its requests were spread over the last minute. */
    public RequestRate requestRate() {
        return requestRate;
    }

    /** How many of them it failed: it could not be reached, broke off, stayed silent, or answered 500 or above. */
    public long failures() {
        return failures.sum();
    }

    /** How these were spread over the last minute. */
    public RequestRate failureRate() {
        return failureRate;
    }

    /** To be called each second, for both rates. */
    public void sampleRates() {
        requestRate.sample();
        failureRate.sample();
    }

    /** How it is now, and why. */
    public TargetState state() {
        Instant out = outSince.get();
        if (out != null) {
            return TargetState.draining(out, "an operator has taken it out");
        }
        Instant left = leftAt;
        return left == null
                ? TargetState.of(health)
                : TargetState.draining(left, "DNS or the configuration has it no longer");
    }

    /** Whether an operator has taken it out: it gets no requests, not even those of its sessions. */
    public boolean isOut() {
        return outSince.get() != null;
    }

    /**
     * Since when it is out; null if it is not. Who takes a request counts it in before he looks at this: if nothing was {@link #inFlight in
     * flight}, and this is what it was before, nothing comes until it is put back.
     */
    public @Nullable Instant outSince() {
        return outSince.get();
    }

    /** False if it was out. */
    boolean takeOut() {
        return outSince.compareAndSet(null, Instant.now());
    }

    /** False if it was not out. */
    boolean putBack() {
        return outSince.getAndSet(null) != null;
    }

    /** Neither DNS nor the configuration has it any longer; null if both have. */
    void left(@Nullable Instant at) {
        leftAt = at;
    }

    /** The checks that end with it, instead of those that it had; null for none. */
    void check(@Nullable Schedule schedule) {
        Schedule before = checks;
        checks = schedule;
        if (before != null) {
            before.close();
        }
    }

    /** Completes when it has been checked once, if it is. */
    CompletableFuture<Void> firstCheck() {
        Schedule schedule = checks;
        return schedule == null ? CompletableFuture.completedFuture(null) : schedule.firstVerdict();
    }

    int priority() {
        return endpoint.priority();
    }

    Endpoint endpoint() {
        return endpoint;
    }

    boolean isAt(Endpoint other, String itsBasePath, TransportConfiguration itsTransport) {
        return endpoint.isAt(other) && basePath.equals(itsBasePath) && transport.equals(itsTransport);
    }

    /** Whether they are two for one place, in one way to speak. */
    boolean isSameAs(Target other) {
        return isAt(other.endpoint, other.basePath, other.transport);
    }

    /** What tells it from the others of its group, whoever asks. */
    String key() {
        return key(endpoint, basePath);
    }

    static String key(Endpoint endpoint, String basePath) {
        return endpoint.authority() + basePath + " " + endpoint.address().getHostAddress();
    }

    /** Takes over another weight and priority. */
    void moveTo(Endpoint same) {
        endpoint = same;
    }

    /** Sessions know it by this from now on. */
    void rename(String newId) {
        id = newId;
    }

    /** From now on. */
    void startSlowly(SlowStart start) {
        slowStart = start;
    }

    /** By which sessions know it. */
    String id() {
        return id;
    }

    /** Counts one more request in, which is to be counted out; false if it has as many as that already, or is out. */
    boolean acquire(int max) {
        int before = inFlight.get();
        while (before < max) {
            int now = inFlight.compareAndExchange(before, before + 1);
            if (now == before) {
                if (!isOut()) {
                    return true;
                }
                inFlight.decrementAndGet(); // it was picked before it was taken out
                return false;
            }
            before = now;
        }
        return false;
    }

    void add(Lease lease) {
        requests.increment();
        attempts.increment();
        leases.add(lease);
        if (gone) {
            lease.revoke(); // it was picked before, and may have come too late for close()
        }
    }

    void failed() {
        failures.increment();
    }

    void release(Lease lease) {
        leases.remove(lease);
        inFlight.decrementAndGet();
    }

    /** It has left its group for good: ends what is still in flight. */
    void close() {
        gone = true;
        stopWatching();
        leases.forEach(Lease::revoke);
    }

    /** Its health does not change any more. */
    void stopWatching() {
        Schedule schedule = checks;
        if (schedule != null) {
            schedule.close();
        }
        health.close();
    }

    /** For people. The same for as long as it lives. */
    @Override
    public String toString() {
        return label;
    }
}
