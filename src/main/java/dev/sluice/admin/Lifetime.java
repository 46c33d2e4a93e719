package dev.sluice.admin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** From Sluice's start to its end, whatever is configured anew meanwhile. Safe for use by many threads. */
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

    /** It is to end soon: from now on it is not ready. */
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

    /** Null unless it is to end soon. */
    @Nullable
    Instant drainingSince() {
        return drainingSince;
    }
}
