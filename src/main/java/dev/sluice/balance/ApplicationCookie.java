package dev.sluice.balance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Stickiness by a cookie that the application sets, such as JSESSIONID. One table maps cookie values to the targets
 * that set them. Another maps values that clients brought, and that no table knew, to the targets that responded, so
 * that a client that makes up values cannot evict real sessions. Both tables live in this process only and hold up to
 * {@link #SESSIONS} entries. A full table evicts the session not seen for the longest time; a session not seen for the
 * configured duration expires. Safe for use by many threads.
 */
public final class ApplicationCookie implements Stickiness {

    static final int SESSIONS = 100_000;

    private final String name;
    private final Duration duration;
    private final InstantSource clock;

    private final Table setByTargets;
    private final Table broughtByClients;

    /** Part of the digest of a cookie value, long enough to be unique: values may be long, and are private. */
    private record Key(long high, long low) {}

    private record Place(String targetId, Instant lastSeen) {}

    /**
     * @param name the name of the cookie
     * @param duration how long a session is remembered after its last request
     */
    public ApplicationCookie(String name, Duration duration, InstantSource clock) {
        this(name, duration, clock, new Table(clock), new Table(clock));
    }

    private ApplicationCookie(
            String name, Duration duration, InstantSource clock, Table setByTargets, Table broughtByClients) {
        this.name = name;
        this.duration = duration;
        this.clock = clock;
        this.setByTargets = setByTargets;
        this.broughtByClients = broughtByClients;
    }

    /** Remembers sessions for another duration, and knows those of this one if the cookie has the same name. */
    ApplicationCookie succeededBy(String nextName, Duration nextDuration) {
        return nextName.equals(name)
                ? new ApplicationCookie(name, nextDuration, clock, setByTargets, broughtByClients)
                : new ApplicationCookie(nextName, nextDuration, clock);
    }

    @Override
    public String idOf(String target) {
        return target;
    }

    @Override
    public Session session(Enumeration<String> cookieFields) {
        Key unknown = null;
        for (String value : Cookies.values(cookieFields, name)) {
            if (value.isEmpty()) {
                continue; // many clients may send an empty value
            }
            Key key = key(value);
            for (Table table : List.of(setByTargets, broughtByClients)) {
                String targetId = table.find(key, duration);
                if (targetId != null) {
                    return new Known(table, key, targetId);
                }
            }
            unknown = key;
        }
        return new Known(broughtByClients, unknown, null);
    }

    private static Key key(String value) {
        try {
            ByteBuffer digest =
                    ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(value.getBytes(UTF_8)));
            return new Key(digest.getLong(), digest.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Guarded by its own monitor. */
    private static final class Table {

        private final InstantSource clock;
        private final Map<Key, Place> places = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Key, Place> eldest) {
                return size() > SESSIONS;
            }
        };

        Table(InstantSource clock) {
            this.clock = clock;
        }

        synchronized @Nullable String find(Key key, Duration duration) {
            Instant now = clock.instant();
            Place place = places.remove(key);
            if (place == null || !now.isBefore(place.lastSeen.plus(duration))) {
                return null;
            }
            places.put(key, new Place(place.targetId, now));
            return place.targetId;
        }

        synchronized void remember(Key key, String targetId) {
            places.put(key, new Place(targetId, clock.instant()));
        }
    }

    private final class Known implements Session {

        private final Table table;
        private final @Nullable Key key;
        private final @Nullable String targetId;

        Known(Table table, @Nullable Key key, @Nullable String targetId) {
            this.table = table;
            this.key = key;
            this.targetId = targetId;
        }

        @Override
        public @Nullable String targetId() {
            return targetId;
        }

        @Override
        public @Nullable String answeredBy(String answeringId, List<String> setCookieFields, boolean secure) {
            String set = Cookies.valueSet(setCookieFields, name);
            if (set != null) {
                setByTargets.remember(key(set), answeringId);
            } else if (key != null && !answeringId.equals(targetId)) {
                table.remember(key, answeringId);
            }
            return null;
        }
    }
}
