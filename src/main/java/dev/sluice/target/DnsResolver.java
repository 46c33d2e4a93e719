package dev.sluice.target;

import dev.sluice.config.DnsConfiguration;
import dev.sluice.config.TargetConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Address;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.NioClient;
import org.xbill.DNS.Record;
import org.xbill.DNS.ResolverConfig;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;
import org.xbill.DNS.hosts.HostsFileParser;
import org.xbill.DNS.lookup.LookupSession;
import org.xbill.DNS.lookup.NoSuchDomainException;
import org.xbill.DNS.lookup.NoSuchRRSetException;

/**
 * Looks names up in the hosts file; then in DNS, with the system's search domains; and asks the system itself for what DNS does not know.
 * Safe for use by many threads.
 */
public final class DnsResolver implements Resolver, AutoCloseable {

    /** For one answer of one name server. */
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private static final int TRIES = 2; // of each name server

    /** How long an answer is used that does not say how long it may be, and one that is not complete. */
    private static final Duration DEFAULT_TTL = Duration.ofSeconds(10);

    private static final Duration INCOMPLETE_TTL = Duration.ofSeconds(5);

    private final DnsConfiguration configuration;
    private final Executor blocking;
    private final ResolverConfig system = ResolverConfig.getCurrentConfig();
    private final HostsFileParser hosts = new HostsFileParser();
    private final List<org.xbill.DNS.Resolver> nameServers;
    private volatile boolean closed;

    /** @param blocking for look-ups that wait */
    public DnsResolver(DnsConfiguration configuration, Executor blocking) {
        this.configuration = configuration;
        this.blocking = blocking;
        List<InetSocketAddress> addresses =
                configuration.resolvers().isEmpty() ? system.servers() : configuration.resolvers();
        this.nameServers =
                addresses.stream().<org.xbill.DNS.Resolver>map(NameServer::new).toList();
    }

    /** Unlike dnsjava's own it is not asked again by those that it is closed under. */
    private final class NameServer extends SimpleResolver {

        @SuppressWarnings("this-escape")
        NameServer(InetSocketAddress address) {
            super(address);
            setTimeout(TIMEOUT);
        }

        @Override
        public CompletionStage<Message> sendAsync(Message query, Executor executor) {
            return closed
                    ? CompletableFuture.failedFuture(new IOException("The resolver is closed"))
                    : super.sendAsync(query, executor);
        }
    }

    @Override
    public CompletionStage<Answer> resolve(TargetConfiguration configured) {
        return configured.isService()
                ? ofService(configured.hostname())
                : ofHost(configured.hostname(), configured.port(), configured.weight(), 0);
    }

    /** All addresses of a host, IPv4 and IPv6, each as an endpoint. */
    private CompletionStage<Answer> ofHost(String hostname, int port, int weight, int priority) {
        return addresses(hostname)
                .thenApply(addresses -> new Answer(
                        addresses.found.stream()
                                .map(address -> new Endpoint(hostname, address, port, weight, priority))
                                .toList(),
                        endpoint -> endpoint.hostname().equals(hostname)
                                && (endpoint.address() instanceof Inet4Address
                                        ? addresses.ipv4Failure != null
                                        : addresses.ipv6Failure != null),
                        addresses.ipv4Failure == null ? addresses.ipv6Failure : addresses.ipv4Failure,
                        addresses.validFor));
    }

    /** All addresses of all hosts of a service (RFC 2782). */
    private CompletionStage<Answer> ofService(String service) {
        return new Query(service, Type.SRV).send().thenCompose(services -> {
            if (services.failure != null) {
                return CompletableFuture.completedFuture(
                        new Answer(List.of(), endpoint -> true, services.failure, INCOMPLETE_TTL));
            }
            CompletionStage<Answer> all = CompletableFuture.completedFuture(
                    new Answer(List.of(), endpoint -> false, null, bounded(services.ttlSeconds)));
            for (Record record : services.records) {
                SRVRecord srv = (SRVRecord) record;
                if (!srv.getTarget().equals(Name.root)) { // which says that there is no such service
                    String hostname = srv.getTarget().toString(true);
                    // Weight 0 is "very little" in an SRV record, and "nothing" here.
                    int weight = Math.max(1, srv.getWeight());
                    all = all.thenCombine(
                            ofHost(hostname, srv.getPort(), weight, srv.getPriority()), DnsResolver::both);
                }
            }
            return all;
        });
    }

    private static Answer both(Answer one, Answer other) {
        List<Endpoint> endpoints = new ArrayList<>(one.endpoints());
        endpoints.addAll(other.endpoints());
        Duration validFor = one.validFor();
        if (validFor == null || (other.validFor() != null && other.validFor().compareTo(validFor) < 0)) {
            validFor = other.validFor();
        }
        return new Answer(
                endpoints,
                one.unknown().or(other.unknown()),
                one.problem() == null ? other.problem() : one.problem(),
                validFor);
    }

    /**
     * @param ipv4Failure why nothing is known of IPv4 addresses; null if all is
     * @param ipv6Failure likewise
     * @param validFor null for ever
     */
    private record Addresses(
            List<InetAddress> found,
            @Nullable String ipv4Failure,
            @Nullable String ipv6Failure,
            @Nullable Duration validFor) {}

    private CompletionStage<Addresses> addresses(String hostname) {
        InetAddress literal = literal(hostname);
        if (literal != null) {
            return CompletableFuture.completedFuture(new Addresses(List.of(literal), null, null, null));
        }
        List<InetAddress> inHostsFile = inHostsFile(hostname);
        if (!inHostsFile.isEmpty()) {
            return CompletableFuture.completedFuture(new Addresses(inHostsFile, null, null, bounded(DEFAULT_TTL)));
        }
        return new Query(hostname, Type.A)
                .send()
                .thenCombine(new Query(hostname, Type.AAAA).send(), this::inDns)
                .thenCompose(addresses ->
                        addresses.found.isEmpty() && addresses.ipv4Failure == null && addresses.ipv6Failure == null
                                ? CompletableFuture.supplyAsync(() -> ofSystem(hostname), blocking)
                                : CompletableFuture.completedFuture(addresses));
    }

    private static @Nullable InetAddress literal(String hostname) {
        byte[] ipv4 = Address.toByteArray(hostname, Address.IPv4);
        byte[] literal = ipv4 == null ? Address.toByteArray(hostname, Address.IPv6) : ipv4;
        try {
            return literal == null ? null : InetAddress.getByAddress(literal);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    private List<InetAddress> inHostsFile(String hostname) {
        List<InetAddress> found = new ArrayList<>();
        try {
            Name name = Name.fromString(hostname, Name.root);
            hosts.getAddressForHost(name, Type.A).ifPresent(found::add);
            hosts.getAddressForHost(name, Type.AAAA).ifPresent(found::add);
        } catch (IOException e) {
            // without a hosts file, or one that can be read, there is still DNS
        }
        return found;
    }

    private Addresses inDns(Result ipv4, Result ipv6) {
        List<InetAddress> found = new ArrayList<>();
        ipv4.records.forEach(record -> found.add(((ARecord) record).getAddress()));
        ipv6.records.forEach(record -> found.add(((AAAARecord) record).getAddress()));
        Duration ttl = ipv4.failure == null && ipv6.failure == null
                ? Duration.ofSeconds(Math.min(ipv4.ttlSeconds, ipv6.ttlSeconds))
                : INCOMPLETE_TTL;
        return new Addresses(found, ipv4.failure, ipv6.failure, bounded(ttl));
    }

    /** Whatever else the system knows, from a directory or the local network. */
    private Addresses ofSystem(String hostname) {
        List<InetAddress> found;
        try {
            found = List.of(InetAddress.getAllByName(hostname));
        } catch (UnknownHostException e) {
            found = List.of();
        }
        return new Addresses(found, null, null, bounded(DEFAULT_TTL));
    }

    private Duration bounded(long ttlSeconds) {
        return bounded(Duration.ofSeconds(ttlSeconds));
    }

    private Duration bounded(Duration ttl) {
        Duration atLeast = ttl.compareTo(configuration.minTtl()) < 0 ? configuration.minTtl() : ttl;
        return atLeast.compareTo(configuration.maxTtl()) > 0 ? configuration.maxTtl() : atLeast;
    }

    /**
     * @param ttlSeconds of the records and of the aliases that lead to them, whichever is least
     * @param failure why nothing is known; null if it is, be it that there is nothing
     */
    private record Result(
            List<Record> records, long ttlSeconds, @Nullable String failure) {}

    /** One question. It knows the times to live of all that it is answered, of which a {@link LookupSession} tells but a part. */
    private final class Query extends ExtendedResolver {

        private final String name;
        private final int type;
        private volatile long ttlSeconds = Integer.MAX_VALUE;

        Query(String name, int type) {
            super(nameServers);
            this.name = name;
            this.type = type;
            setRetries(TRIES);
        }

        CompletionStage<Result> send() {
            try {
                return LookupSession.builder()
                        .resolver(this)
                        .ndots(system.ndots())
                        .searchPath(system.searchPath())
                        .executor(Runnable::run) // all that it does is to take a message apart
                        .build()
                        .lookupAsync(Name.fromString(name), type)
                        .handle((found, failure) -> failure == null
                                ? new Result(found.getRecords(), ttlSeconds, null)
                                : failed(failure instanceof CompletionException ? failure.getCause() : failure));
            } catch (TextParseException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public CompletionStage<Message> sendAsync(Message query, Executor executor) {
            return super.sendAsync(query, executor).whenComplete((answer, failure) -> {
                if (answer != null) {
                    for (Record record : answer.getSection(Section.ANSWER)) {
                        ttlSeconds = Math.min(ttlSeconds, record.getTTL());
                    }
                }
            });
        }

        private Result failed(@Nullable Throwable failure) {
            boolean exists = !(failure instanceof NoSuchDomainException || failure instanceof NoSuchRRSetException);
            return new Result(List.of(), ttlSeconds, exists ? Type.string(type) + ": " + describe(failure) : null);
        }

        private String describe(@Nullable Throwable failure) {
            String message = failure == null ? null : failure.getMessage();
            return message == null ? String.valueOf(failure) : message;
        }
    }

    /** Ends the look-ups. */
    @Override
    public void close() {
        closed = true;
        if (!jvmEnds()) {
            NioClient.close();
        }
    }

    /** Then dnsjava's thread ends anyway, and it would complain that its shutdown hook cannot be taken back. */
    private static boolean jvmEnds() {
        Thread probe = new Thread(() -> {});
        try {
            Runtime.getRuntime().addShutdownHook(probe);
            Runtime.getRuntime().removeShutdownHook(probe);
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }
}
