package dev.sluice.target;

import dev.sluice.balance.Candidate;
import dev.sluice.balance.ResponseTime;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.health.Health;
import dev.sluice.health.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.core5.http.HttpHost;
import org.jspecify.annotations.Nullable;

/**
 * One address that a group's requests go to, and what is known about it. Targets are compared by identity. One
 * exists from the moment its address is found until its drain has ended, in one group or in groups that succeed each
 * other under one name. Safe for use by many threads.
 */
public final class Target implements Candidate {

    private final String name;
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
    private final TakenOut takenOut;
    private volatile @Nullable Instant leftAt;

    /**
     * @param id identifies it in sessions
     * @param takenOut of its group
     * @param namesake an existing target of the same name, whose count of {@link #attempts} continues; null for none
     */
    Target(
            Endpoint endpoint,
            String basePath,
            TransportConfiguration transport,
            String id,
            LongSupplier nanoClock,
            Health health,
            TakenOut takenOut,
            @Nullable Target namesake) {
        this.endpoint = endpoint;
        this.name = endpoint.with(basePath);
        this.address = TargetConfiguration.authority(endpoint.address().getHostAddress(), endpoint.port());
        this.basePath = basePath;
        this.transport = transport;
        // The pool keys by the address, TLS and Host use the name, and nothing is looked up again.
        this.route = new HttpRoute(new HttpHost(
                transport.isTls() ? "https" : "http", endpoint.address(), endpoint.hostname(), endpoint.port()));
        this.id = id;
        this.responseTime = new ResponseTime(nanoClock);
        this.keepAlive = new KeepAlive(nanoClock);
        this.health = health;
        this.takenOut = takenOut;
        this.attempts = namesake == null ? new LongAdder() : namesake.attempts;
        this.requestRate = new RequestRate(requests::sum, nanoClock);
        this.failureRate = new RequestRate(failures::sum, nanoClock);
    }

    /** The value of the Host header field: the name with the port. */
    public String authority() {
        return endpoint.authority();
    }

    /** {@code address:port}, with an IPv6 address in brackets. */
    public String address() {
        return address;
    }

    /** The prefix of every path: empty, or without a trailing slash. */
    public String basePath() {
        return basePath;
    }

    /** The protocol and TLS settings for its connections. */
    public TransportConfiguration transport() {
        return transport;
    }

    /** The route of its connections: the address, under the name. */
    public HttpRoute route() {
        return route;
    }

    /** Whether both share the same connections. */
    public boolean isReachedAs(Target other) {
        return route.equals(other.route) && transport.equals(other.transport);
    }

    /** How long its idle connections may be reused. */
    public KeepAlive keepAlive() {
        return keepAlive;
    }

    /** Its health, as its checks and requests show it. */
    public Health health() {
        return health;
    }

    /** 0 for a target that takes no new requests except those of its sessions. */
    @Override
    public int weight() {
        return endpoint.weight();
    }

    /** The number of leases held now. */
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

    /** Whether it has left its group for good and gets no more requests. */
    public boolean isGone() {
        return gone;
    }

    /**
     * Its name in its group: {@code name:port@address}, or {@code name:port} if the name is the address; then the base
     * path.
     */
    public String name() {
        return name;
    }

    /** The number of requests it was given since it was found; each attempt counts. */
    public long requests() {
        return requests.sum();
    }

    /**
     * Like {@link #requests}, but accumulated over successive targets of this name: a target that replaces one with
     * another transport continues its count, so that the count of a name does not drop.
     */
    public long attempts() {
        return attempts.sum();
    }

    /** Its {@link #requests} over the last minute. */
    public RequestRate requestRate() {
        return requestRate;
    }

    /**
     * The number of requests it failed: it could not be reached, broke off, stayed silent, or responded with a status
     * of 500 or above.
     */
    public long failures() {
        return failures.sum();
    }

    /** Its {@link #failures} over the last minute. */
    public RequestRate failureRate() {
        return failureRate;
    }

    /** Samples both rates. Called every second. */
    public void sampleRates() {
        requestRate.sample();
        failureRate.sample();
    }

    /** Its current state and the reason. */
    public TargetState state() {
        Instant out = outSince();
        if (out != null) {
            return TargetState.draining(out, "an operator has taken it out");
        }
        Instant left = leftAt;
        return left == null
                ? TargetState.of(health)
                : TargetState.draining(left, "it is no longer in DNS or in the configuration");
    }

    /** Whether an operator has taken it out: it gets no requests, not even those of its sessions. */
    boolean isOut() {
        return outSince() != null;
    }

    /**
     * When it was taken out; null if it is not out. A request is counted in before this is checked. So if {@link
     * #inFlight} is 0 and this value is then still the same, no request arrives until the target is put back.
     */
    public @Nullable Instant outSince() {
        return takenOut.since(name);
    }

    /** Returns false if it was already out. */
    boolean takeOut() {
        return takenOut.add(name);
    }

    /** Returns false if it was not out. */
    boolean putBack() {
        return takenOut.remove(name);
    }

    /** Whether it is no longer in DNS or in the configuration. */
    public boolean hasLeft() {
        return leftAt != null;
    }

    /** Sets when it left DNS or the configuration; null when it is back. */
    void setLeftAt(@Nullable Instant at) {
        leftAt = at;
        health.setLeft(at != null);
    }

    /** Replaces the schedule of its checks and closes the former one; null for no checks. */
    void check(@Nullable Schedule schedule) {
        Schedule before = checks;
        checks = schedule;
        if (before != null) {
            before.close();
        }
    }

    /** Completes after its first check; at once if it is not checked. */
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

    /** Whether both have the same place, base path and transport. */
    boolean isSameAs(Target other) {
        return isAt(other.endpoint, other.basePath, other.transport);
    }

    /** Identifies it within its group. Unlike the id, the key does not depend on the group's stickiness. */
    String key() {
        return key(endpoint, basePath);
    }

    static String key(Endpoint endpoint, String basePath) {
        return endpoint.authority() + basePath + " " + endpoint.address().getHostAddress();
    }

    /** Updates weight and priority; the place is the same. */
    void moveTo(Endpoint same) {
        endpoint = same;
    }

    /** Changes the id by which sessions know it. */
    void rename(String newId) {
        id = newId;
    }

    void startSlowly(SlowStart start) {
        slowStart = start;
    }

    /** Shortens a slow start that would take longer than this. */
    void startWithin(Duration most) {
        slowStart = slowStart.within(most);
    }

    /** Identifies it in sessions. */
    String id() {
        return id;
    }

    /**
     * Counts a request in; it must be counted out again. Returns false if there are already {@code max} in flight or
     * the target is out.
     */
    boolean acquire(int max) {
        int before = inFlight.get();
        while (before < max) {
            int now = inFlight.compareAndExchange(before, before + 1);
            if (now == before) {
                if (!isOut()) {
                    return true;
                }
                inFlight.decrementAndGet(); // it was taken out after it was picked
                return false;
            }
            before = now;
        }
        return false;
    }

    /** @param now by the clock */
    void add(Lease lease, long now) {
        countAttempt();
        responseTime.tried(now);
        leases.add(lease);
        if (gone) {
            lease.revoke(); // it was picked earlier; close() may have missed this lease
        }
    }

    void countAttempt() {
        requests.increment();
        attempts.increment();
    }

    void failed() {
        failures.increment();
    }

    void release(Lease lease) {
        leases.remove(lease);
        inFlight.decrementAndGet();
    }

    /** Called when it has left its group for good. Ends the requests still in flight. */
    void close() {
        gone = true;
        stopWatching();
        leases.forEach(Lease::revoke);
    }

    /** Ends its checks and freezes its health. */
    void stopWatching() {
        Schedule schedule = checks;
        if (schedule != null) {
            schedule.close();
        }
        health.close();
    }

    /** For people. Constant. */
    @Override
    public String toString() {
        return name;
    }
}
