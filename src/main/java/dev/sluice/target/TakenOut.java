package dev.sluice.target;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The targets of one group that operators have taken out, by name, and since when. Shared by all groups of that name,
 * because a name outlives its {@link Target}: one that comes back after its drain, in a group that is configured again,
 * or by another transport, is another object. Only operators add to them. Safe for use by many threads.
 */
public final class TakenOut {

    /** Replaced as a whole: reading it has to be a volatile read, for what {@link Target#outSince} promises. */
    private volatile Map<String, Instant> since = Map.of();

    /** When the target of this name was taken out; null if it is not out. */
    @Nullable
    Instant since(String name) {
        return since.get(name);
    }

    /** Returns false if it was already out. */
    synchronized boolean add(String name) {
        Map<String, Instant> next = new HashMap<>(since);
        boolean isNew = next.putIfAbsent(name, Instant.now()) == null;
        since = Map.copyOf(next);
        return isNew;
    }

    /** Returns false if it was not out. */
    synchronized boolean remove(String name) {
        Map<String, Instant> next = new HashMap<>(since);
        boolean wasOut = next.remove(name) != null;
        since = Map.copyOf(next);
        return wasOut;
    }
}
