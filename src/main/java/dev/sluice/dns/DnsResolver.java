package dev.sluice.dns;

import dev.sluice.config.DnsConfiguration;
import dev.sluice.config.IpAddress;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.target.Endpoint;
import dev.sluice.target.Resolver;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.NioClient;
import org.xbill.DNS.Record;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Type;
import org.xbill.DNS.hosts.HostsFileParser;

/**
 * Looks up names in DNS, with the system's search domains. Names in the hosts file are resolved by the system instead.
 * So are names for which DNS yields no address, unless name servers other than the system's are configured. Safe for
 * use by many threads.
 */
public final class DnsResolver implements Resolver, AutoCloseable {

    /** How long an answer is used that has no TTL. */
    private static final Duration DEFAULT_TTL = Duration.ofSeconds(10);

    /** How long an answer is used at most that has no address, or lacks what a failed query would have yielded. */
    private static final Duration INCOMPLETE_TTL = Duration.ofSeconds(5);

    /**
     * How long addresses of one family are awaited once those of the other are known, or those of IPv6 once the name is
     * known not to exist: some name servers never answer AAAA queries.
     */
    private static final Duration GRACE = Duration.ofMillis(500);

    private static final String NXDOMAIN = " does not exist (NXDOMAIN)";

    static {
        // By itself, dnsjava ends with the JVM's first shutdown hook, while requests are still served.
        setUnlessSet("dnsjava.nio.register_shutdown_hook", "false");
        setUnlessSet("dnsjava.hostsfile.change_check_interval_ms", "5000");
        // Of a larger file, dnsjava reads every line for each name, or none at all if it has grown to be larger.
        setUnlessSet("dnsjava.hostsfile.max_size_bytes", Integer.toString(64 << 20));
    }

    private final DnsConfiguration configuration;
    private final ScheduledExecutorService timer;
    private final HostsFileParser hosts;
    private final SystemLookUps system;
    private final NameServers nameServers;

    /**
     * @param blocking runs look-ups that block
     * @param timer runs short tasks
     */
    public DnsResolver(DnsConfiguration configuration, Executor blocking, ScheduledExecutorService timer) {
        this(configuration, blocking, timer, new HostsFileParser());
    }

    /** With a hosts file other than the system's. */
    DnsResolver(
            DnsConfiguration configuration, Executor blocking, ScheduledExecutorService timer, HostsFileParser hosts) {
        this.configuration = configuration;
        this.hosts = hosts;
        this.timer = timer;
        this.system = new SystemLookUps(blocking, timer);
        this.nameServers = new NameServers(configuration);
    }

    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    @Override
    public CompletionStage<Answer> resolve(TargetConfiguration configured) {
        return configured.isService()
                ? ofService(configured.hostname())
                : addresses(configured.hostname())
                        .thenApply(addresses ->
                                answer(configured.hostname(), addresses, configured.port(), configured.weight(), 0));
    }

    /** All of a host's addresses, IPv4 and IPv6, each as an endpoint. */
    private static Answer answer(String name, Addresses addresses, int port, int weight, int priority) {
        String hostname = TargetConfiguration.spoken(name);
        boolean nothing = addresses.found.isEmpty();
        return new Answer(
                addresses.found.stream()
                        .map(address -> new Endpoint(hostname, address, port, weight, priority))
                        .toList(),
                endpoint -> endpoint.hostname().equalsIgnoreCase(hostname)
                        && (nothing || (endpoint.port() == port && addresses.isUnknown(endpoint.address()))),
                addresses.problem(hostname),
                addresses.validFor);
    }

    /** All addresses of all hosts of a service (RFC 2782). */
    private CompletionStage<Answer> ofService(String service) {
        return search(service, name -> new Query(nameServers, name, Type.SRV).send())
                .thenCompose(services -> {
                    if (services.failure() != null) {
                        return CompletableFuture.completedFuture(
                                new Answer(List.of(), endpoint -> true, services.failure(), incomplete()));
                    }
                    String nothing = service + (services.isNxdomain() ? NXDOMAIN : " has no usable SRV record");
                    List<SRVRecord> records = usable(services.records());
                    CompletionStage<Answer> all = CompletableFuture.completedFuture(new Answer(
                            List.of(),
                            endpoint -> false,
                            records.isEmpty() ? nothing : null,
                            records.isEmpty() ? incomplete() : bounded(Duration.ofSeconds(services.ttlSeconds()))));
                    Map<Name, CompletionStage<Addresses>> hosts = new HashMap<>(); // many ports may be of one host
                    for (SRVRecord srv : records) {
                        String name = srv.getTarget().toString(); // with its final dot
                        // Weight 0 means "very little" in an SRV record, but "no new requests" here.
                        int weight = Math.max(1, srv.getWeight());
                        all = all.thenCombine(
                                hosts.computeIfAbsent(srv.getTarget(), host -> addresses(name)),
                                (answer, addresses) -> both(
                                        answer, answer(name, addresses, srv.getPort(), weight, srv.getPriority())));
                    }
                    return all;
                });
    }

    private <T extends Search.Finding> CompletionStage<T> search(
            String name, Function<Name, ? extends CompletionStage<T>> lookUp) {
        return Search.through(nameServers.known().candidates(name).iterator(), lookUp)
                .whenComplete((found, failure) -> {
                    if (found != null && found.isAbsent()) {
                        nameServers.reconsider();
                    }
                });
    }

    /**
     * The records that name something to connect to; the root says that there is no such service. Those of the lowest
     * priority come first, and of these the heaviest: of two for the same place, the first counts.
     */
    private static List<SRVRecord> usable(List<Record> records) {
        return records.stream()
                .map(SRVRecord.class::cast)
                .filter(srv -> !srv.getTarget().equals(Name.root) && srv.getPort() != 0)
                .sorted(Comparator.comparingInt(SRVRecord::getPriority)
                        .thenComparing(SRVRecord::getWeight, Comparator.reverseOrder()))
                .toList();
    }

    private static Answer both(Answer one, Answer other) {
        List<Endpoint> endpoints = new ArrayList<>(one.endpoints());
        endpoints.addAll(other.endpoints());
        Duration validFor = one.validFor();
        if (validFor == null || (other.validFor() != null && other.validFor().compareTo(validFor) < 0)) {
            validFor = other.validFor();
        }
        return new Answer(
                endpoints, one.unknown().or(other.unknown()), first(one.problem(), other.problem()), validFor);
    }

    /** The first of two problems in alphabetical order, since name servers vary the order of the records. */
    private static @Nullable String first(@Nullable String one, @Nullable String other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.compareTo(other) <= 0 ? one : other;
    }

    /**
     * @param isNxdomain whether DNS says that there is no such name; both failures are null then
     * @param ipv4Failure why the IPv4 addresses are unknown; null if they are known
     * @param ipv6Failure likewise for IPv6
     * @param validFor null if it never expires
     */
    private record Addresses(
            List<InetAddress> found,
            boolean isNxdomain,
            @Nullable String ipv4Failure,
            @Nullable String ipv6Failure,
            @Nullable Duration validFor)
            implements Search.Finding {

        @Override
        public boolean isAbsent() {
            return found.isEmpty() && ipv4Failure == null && ipv6Failure == null;
        }

        boolean isUnknown(InetAddress address) {
            return (address instanceof Inet4Address ? ipv4Failure : ipv6Failure) != null;
        }

        @Nullable
        String problem(String hostname) {
            if (ipv4Failure != null) {
                return ipv4Failure;
            }
            return ipv6Failure == null && found.isEmpty()
                    ? hostname + (isNxdomain ? NXDOMAIN : " has no A or AAAA record")
                    : ipv6Failure;
        }
    }

    /** @param name ends with a dot if no search domains are to be tried */
    private CompletionStage<Addresses> addresses(String name) {
        String hostname = TargetConfiguration.spoken(name); // as hosts files have it
        InetAddress literal = IpAddress.parse(hostname);
        if (literal != null) {
            return CompletableFuture.completedFuture(new Addresses(List.of(literal), false, null, null, null));
        }
        if (isInHostsFile(hostname)) {
            String failure = hostname + " is in the hosts file, but the system finds no address";
            return ofSystem(hostname, new Addresses(List.of(), false, failure, failure, incomplete()));
        }
        return search(name, this::inDns)
                .thenCompose(addresses -> addresses.found.isEmpty() && nameServers.areOfSystem()
                        ? ofSystem(name, addresses)
                        : CompletableFuture.completedFuture(addresses));
    }

    private CompletionStage<Addresses> ofSystem(String name, Addresses otherwise) {
        return system.addresses(name)
                .thenApply(found ->
                        found.isEmpty() ? otherwise : new Addresses(found, false, null, null, bounded(DEFAULT_TTL)));
    }

    private CompletionStage<Addresses> inDns(Name name) {
        CompletableFuture<Query.Result> ipv4 = new Query(nameServers, name, Type.A).send();
        CompletableFuture<Query.Result> ipv6 = new Query(nameServers, name, Type.AAAA).send();
        ipv4.thenAccept(result -> {
            if (result.isNxdomain() || !result.records().isEmpty()) {
                hurry(ipv6, "AAAA");
            }
        });
        ipv6.thenAccept(result -> {
            if (!result.records().isEmpty()) {
                hurry(ipv4, "A");
            }
        });
        return ipv4.thenCombine(ipv6, this::both);
    }

    private void hurry(CompletableFuture<Query.Result> query, String type) {
        if (!query.isDone()) {
            Query.Result late = new Query.Result(List.of(), Integer.MAX_VALUE, false, type + ": " + Query.TIMED_OUT);
            timer.schedule(() -> query.complete(late), GRACE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private boolean isInHostsFile(String hostname) {
        try {
            Name name = Name.fromString(hostname, Name.root);
            return hosts.getAddressForHost(name, Type.A).isPresent()
                    || hosts.getAddressForHost(name, Type.AAAA).isPresent();
        } catch (IOException e) {
            return false; // no readable hosts file: DNS remains
        }
    }

    /**
     * A name without IPv4 addresses that does not exist has no IPv6 addresses either, even if the query for them fails.
     * The reverse does not hold: some name servers say that a name does not exist if they have no IPv6 address for it
     * (RFC 4074 section 4.2).
     */
    private Addresses both(Query.Result ipv4, Query.Result ipv6) {
        List<InetAddress> found = new ArrayList<>();
        ipv4.records().forEach(record -> found.add(((ARecord) record).getAddress()));
        ipv6.records().forEach(record -> found.add(((AAAARecord) record).getAddress()));
        boolean isNxdomain = ipv4.isNxdomain() && found.isEmpty();
        String ipv6Failure = isNxdomain ? null : ipv6.failure();
        Duration validFor = found.isEmpty()
                ? incomplete()
                : bounded(Duration.ofSeconds(Math.min(ipv4.ttlSeconds(), ipv6.ttlSeconds())));
        if (ipv4.failure() != null || ipv6Failure != null) {
            validFor = shorter(validFor, incomplete());
        }
        return new Addresses(found, isNxdomain, ipv4.failure(), ipv6Failure, validFor);
    }

    private Duration bounded(Duration ttl) {
        Duration atLeast = ttl.compareTo(configuration.minTtl()) < 0 ? configuration.minTtl() : ttl;
        return shorter(atLeast, configuration.maxTtl());
    }

    /** Not at least the configured minimum: targets may be missing. */
    private Duration incomplete() {
        return shorter(INCOMPLETE_TTL, configuration.maxTtl());
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    /** Sends no more queries; those in flight end soon. */
    @Override
    public void close() {
        nameServers.close();
    }

    /** Stops dnsjava's thread, shared by all resolvers of this class loader. Called when none is in use any more. */
    public static void endInputAndOutput() {
        if (!jvmEnds()) {
            NioClient.close();
        }
    }

    /**
     * Whether the JVM is shutting down. dnsjava's thread then ends anyway, and would warn that it cannot remove a
     * shutdown hook.
     */
    private static boolean jvmEnds() {
        try {
            Runtime.getRuntime().removeShutdownHook(new Thread());
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }
}
