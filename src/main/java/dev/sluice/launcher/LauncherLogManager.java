package dev.sluice.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.util.logging.LogManager;

/**
 * The log of the executable WAR: {@code logging.properties} of this package unless the command line names another
 * ({@code -Djava.util.logging.config.file}), and open until the process ends.
 */
public final class LauncherLogManager extends LogManager {

    @Override
    public void readConfiguration() throws IOException {
        if (System.getProperty("java.util.logging.config.file") != null) {
            super.readConfiguration();
            return;
        }
        try (InputStream properties = LauncherLogManager.class.getResourceAsStream("logging.properties")) {
            readConfiguration(properties);
        }
    }

    /** Does nothing: the JVM resets the log as soon as it is told to stop, while requests in flight still have things to say. */
    @Override
    public void reset() {}
}
