package dev.sluice.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/**
 * The log manager of the executable WAR. It reads this package's {@code logging.properties} unless the command line
 * names another file ({@code -Djava.util.logging.config.file}), and keeps the log open until the process ends.
 */
public final class LauncherLogManager extends LogManager {

    /** Opens the log, which is otherwise done when something is logged, but not any more once the JVM was told to stop. */
    static void open() {
        Logger.getLogger("").getHandlers();
    }

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

    /** No-op: the JVM resets the log as soon as it is told to stop, while requests in flight are still logging. */
    @Override
    public void reset() {}
}
