package dev.sluice;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Collects what a class logs at INFO and above, until it is closed. Safe for use by many threads. */
public final class LogLines implements AutoCloseable {

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final Logger logger; // a field, because the log manager holds loggers weakly
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            String message = new SimpleFormatter().formatMessage(line);
            lines.add(message);
            if (line.getLevel().equals(Level.WARNING)) {
                warnings.add(message);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    private LogLines(String name) {
        logger = Logger.getLogger(name);
        logger.addHandler(handler);
    }

    public static LogLines of(Class<?> logging) {
        return of(logging.getName());
    }

    public static LogLines of(String logger) {
        return new LogLines(logger);
    }

    /** The messages so far, in order; the list grows with them. */
    public List<String> all() {
        return lines;
    }

    /** Those of {@link #all} at WARNING. */
    public List<String> warnings() {
        return warnings;
    }

    @Override
    public void close() {
        logger.removeHandler(handler);
    }
}
