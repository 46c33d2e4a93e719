package dev.sluice.admin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Sluice's life from start to stop, across all configuration reloads. Safe for use by many threads. */
public final class Lifetime {

    private static final String VERSION = readVersion();

    private final Instant started = Instant.now();
    private volatile @Nullable Instant drainingSince;

    private static String readVersion() {
        try (InputStream file = Lifetime.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(file);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sluice is about to stop, and is not ready from now on. Idempotent. */
    public void drain() {
        if (drainingSince == null) {
            drainingSince = Instant.now();
        }
    }

    String version() {
        return VERSION;
    }

    Instant started() {
        return started;
    }

    Duration uptime() {
        return Duration.between(started, Instant.now());
    }

    /** Null unless Sluice is about to stop. */
    @Nullable
    Instant drainingSince() {
        return drainingSince;
    }
}
