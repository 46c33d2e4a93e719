package dev.sluice.dns;

import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;
import org.xbill.DNS.lookup.LookupSession;
import org.xbill.DNS.lookup.NoSuchDomainException;

/** One query for the records of a name, or of what it is an alias of. */
final class Query {

    static final String TIMED_OUT = "no answer in time";

    private static final int TRIES = 2; // per name server

    /**
     * @param ttlSeconds the least TTL of the records and of the aliases that lead to them
     * @param isNxdomain whether there is no such name, and so no record of any type
     * @param failure why the query failed; null if it succeeded, even without any record
     */
    record Result(
            List<Record> records,
            long ttlSeconds,
            boolean isNxdomain,
            @Nullable String failure) implements Search.Finding {

        @Override
        public boolean isAbsent() {
            return records.isEmpty() && failure == null;
        }
    }

    private final NameServers servers;
    private final Name name;
    private final int type;

    Query(NameServers servers, Name name, int type) {
        this.servers = servers;
        this.name = name;
        this.type = type;
    }

    CompletableFuture<Result> send() {
        Overhearing resolver = new Overhearing(servers.known().all());
        resolver.setRetries(TRIES);
        return LookupSession.builder()
                .resolver(resolver)
                .executor(Runnable::run) // it only parses messages
                .build()
                .lookupAsync(name, type)
                .handle((found, failure) -> failure == null
                        ? new Result(found.getRecords(), resolver.ttlSeconds, false, null)
                        : failed(failure instanceof CompletionException ? failure.getCause() : failure))
                .toCompletableFuture();
    }

    /** Asks the name servers, and tracks the TTLs of all their records, of which {@link LookupSession} reports only some. */
    private static final class Overhearing extends ExtendedResolver {

        volatile long ttlSeconds = Integer.MAX_VALUE;

        Overhearing(List<Resolver> nameServers) {
            super(nameServers);
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
    }

    private Result failed(@Nullable Throwable failure) {
        if (failure instanceof NoSuchDomainException) {
            return new Result(List.of(), Integer.MAX_VALUE, true, null);
        }
        servers.reconsider();
        return new Result(List.of(), Integer.MAX_VALUE, false, Type.string(type) + ": " + describe(failure));
    }

    /** The same words for the same failure: dnsjava's for a time-out have the number of the query. */
    private static String describe(@Nullable Throwable failure) {
        String message = failure == null ? null : failure.getMessage();
        if (failure instanceof SocketTimeoutException || (message != null && message.startsWith("Timed out "))) {
            return TIMED_OUT;
        }
        return message == null ? String.valueOf(failure) : message;
    }
}
