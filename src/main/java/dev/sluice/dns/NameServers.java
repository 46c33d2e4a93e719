package dev.sluice.dns;

import dev.sluice.config.DnsConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.NameTooLongException;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.ResolverConfig;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TextParseException;

/**
 * The name servers to ask: those that are configured, or else the system's; and the system's search domains. What is the
 * system's is read again once nothing was found. Safe for use by many threads.
 */
final class NameServers {

    private static final Logger LOG = LoggerFactory.getLogger(NameServers.class);

    /** Per query and name server. */
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    /** What a name server answers that knows nothing, because it is broken or not meant to (RFC 1035 section 4.1.1). */
    private static final Set<Integer> UNABLE = Set.of(Rcode.SERVFAIL, Rcode.REFUSED, Rcode.NOTIMP);

    /** In bytes (RFC 1035 section 2.3.4). */
    private static final int MAX_NAME = 255;

    private final DnsConfiguration configuration;
    private volatile Known known;
    private final AtomicBoolean reading = new AtomicBoolean(); // whether the system's settings are being read again
    private volatile boolean closed;

    /** Those known at one time, with the system's search domains. Immutable. */
    record Known(ResolverConfig system, List<Resolver> all) {

        /**
         * The complete names that a name may stand for, in the order in which the system would ask for them: with each
         * search domain, and as it is.
         *
         * @param name ends with a dot if no search domains are to be tried
         */
        List<Name> candidates(String name) {
            try {
                Name given = Name.fromString(name);
                List<Name> candidates = new ArrayList<>();
                if (!given.isAbsolute()) {
                    for (Name domain : system.searchPath()) {
                        if (given.length() + domain.length() <= MAX_NAME) {
                            candidates.add(Name.concatenate(given, domain));
                        }
                    }
                }
                boolean isFirst = given.labels() > system.ndots();
                candidates.add(isFirst ? 0 : candidates.size(), Name.concatenate(given, Name.root));
                return candidates;
            } catch (TextParseException | NameTooLongException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    NameServers(DnsConfiguration configuration) {
        this.configuration = configuration;
        this.known = known(read());
    }

    /** dnsjava would know for ever what it has read first. Its readers are shared, and know one thread at a time. */
    private static synchronized ResolverConfig read() {
        return new ResolverConfig();
    }

    private Known known(ResolverConfig system) {
        List<InetSocketAddress> addresses = areOfSystem() ? system.servers() : configuration.resolvers();
        return new Known(
                system, addresses.stream().<Resolver>map(NameServer::new).toList());
    }

    /**
     * Whether the system's own name servers are asked. Only then is the system a fallback: it may have other addresses
     * than those that are configured.
     */
    boolean areOfSystem() {
        return configuration.resolvers().isEmpty();
    }

    Known known() {
        return known;
    }

    /**
     * A query has failed, or has found nothing: the system may have other name servers or search domains by now. One
     * reading is enough for all; what it misses, the next one finds.
     */
    void reconsider() {
        if (!closed && reading.compareAndSet(false, true)) {
            try {
                // A thread of its own: those for look-ups may all wait for a system that hangs.
                Thread thread = new Thread(this::readAgain, "sluice-name-servers");
                thread.setDaemon(true);
                thread.start();
            } catch (RuntimeException | Error e) { // such as when there can be no more threads
                reading.set(false);
                LOG.debug("The system's name servers and search domains are not read again now", e);
            }
        }
    }

    private void readAgain() {
        try {
            ResolverConfig now = read();
            if (!settings(now).equals(settings(known.system))) {
                LOG.info(
                        "The system's name servers are now {}, its search domains {}", now.servers(), now.searchPath());
                known = known(now);
            }
        } finally {
            reading.set(false);
        }
    }

    private static List<Object> settings(ResolverConfig system) {
        return List.of(system.servers(), system.searchPath(), system.ndots());
    }

    /** Sends no more queries; those in flight end soon. */
    void close() {
        closed = true;
    }

    /**
     * Unlike dnsjava's own resolver, fails at once after {@link NameServers#close}, so that queries in progress do not
     * go on retrying, and if the name server is not able to answer.
     */
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
                    : super.sendAsync(query, executor).thenCompose(NameServer::unlessUnable);
        }

        /** Another name server may be able to: dnsjava asks that only after an exception. */
        private static CompletionStage<Message> unlessUnable(Message answer) {
            return UNABLE.contains(answer.getRcode())
                    ? CompletableFuture.failedFuture(new IOException(Rcode.string(answer.getRcode())))
                    : CompletableFuture.completedFuture(answer);
        }
    }
}
