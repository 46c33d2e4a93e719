package dev.sluice;

import java.util.logging.Handler;
import java.util.logging.LogRecord;

/** Fails at each line with certain words: a log that has no room for these. */
final class FullOf extends Handler {

    private final String words;

    FullOf(String words) {
        this.words = words;
    }

    @Override
    public void publish(LogRecord line) {
        if (line.getMessage().contains(words)) {
            throw new IllegalStateException("no room for: " + words);
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
