package dev.sluice.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The observers of requests. Without observers, a {@link Transaction} reads no clock. Immutable. */
public final class Observation {

    private static final Logger LOG = LoggerFactory.getLogger(Observation.class);

    private final List<TransactionObserver> observers;
    private final boolean wantsClient;
    private final LongSupplier nanoClock;
    private final LongSupplier wallClock;

    /** @param observers called in this order */
    public Observation(List<TransactionObserver> observers) {
        this(observers, System::nanoTime, System::currentTimeMillis);
    }

    Observation(List<TransactionObserver> observers, LongSupplier nanoClock, LongSupplier wallClock) {
        this.observers = List.copyOf(observers);
        this.wantsClient = observers.stream().anyMatch(TransactionObserver::wantsClient);
        this.nanoClock = observers.isEmpty() ? () -> 0 : nanoClock;
        this.wallClock = observers.isEmpty() ? () -> 0 : wallClock;
    }

    /** Whether any observer needs the {@link Client} of a request. */
    public boolean wantsClient() {
        return wantsClient;
    }

    /** Returns these observers plus one more, which is called last. */
    public Observation and(TransactionObserver observer) {
        List<TransactionObserver> all = new ArrayList<>(observers);
        all.add(observer);
        return new Observation(all);
    }

    /**
     * Begins the record of a request that has arrived.
     *
     * @param path raw, without the query
     * @param query raw; null for none
     * @param protocol such as {@code HTTP/1.1}
     * @param client null if no observer needs it
     */
    public Transaction begin(
            String method, String path, @Nullable String query, String protocol, @Nullable Client client) {
        return new Transaction(this, method, path, query, protocol, client);
    }

    long nanoTime() {
        return nanoClock.getAsLong();
    }

    long currentTimeMillis() {
        return wallClock.getAsLong();
    }

    void attemptFailed(Transaction transaction, String target, AttemptFailure why) {
        tell(observer -> observer.attemptFailed(transaction, target, why));
    }

    void tunnelled(Transaction transaction) {
        tell(observer -> observer.tunnelled(transaction));
    }

    void ended(Transaction transaction) {
        tell(observer -> observer.ended(transaction));
    }

    /** An observer that fails must not keep a request from ending. */
    private void tell(Consumer<TransactionObserver> event) {
        for (TransactionObserver observer : observers) {
            try {
                event.accept(observer);
            } catch (RuntimeException | Error e) {
                LOG.error("A request could not be recorded", e);
            }
        }
    }
}
