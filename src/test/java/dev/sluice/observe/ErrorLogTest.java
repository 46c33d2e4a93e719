package dev.sluice.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ErrorLogTest {

    private final List<String> lines = new ArrayList<>();
    private final Logger logger = Logger.getLogger("dev.sluice.errors");
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(new SimpleFormatter().formatMessage(line));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
    }

    @AfterEach
    void stop() {
        logger.removeHandler(handler);
    }

    private static Transaction transaction(@Nullable String requestId, @Nullable String traceparent) {
        Transaction transaction = new Observation(List.of()).begin("GET", "/a", "b", "HTTP/1.1", null);
        transaction.identified(requestId, traceparent);
        return transaction;
    }

    @Test
    void aLineHasTheIdentifiersOfTheAccessLog() {
        ErrorLog.retried(transaction(null, null), "web: why");
        ErrorLog.retried(transaction("r-1", null), "web: why");
        ErrorLog.retried(transaction("r-1", "00-0af7-b7ad-01"), "web: why");
        ErrorLog.answered(502, transaction("r-1", null), "web: why");
        ErrorLog.brokeOff(transaction("r-1", null), "web: why");
        assertThat(lines)
                .containsExactly(
                        "trying again GET /a: web: why",
                        "trying again GET /a [r-1]: web: why",
                        "trying again GET /a [r-1] [00-0af7-b7ad-01]: web: why",
                        "502 GET /a [r-1]: web: why",
                        "broken off GET /a [r-1]: web: why");
    }

    @Test
    void controlCharactersAreReplaced() {
        Transaction transaction = transaction("r\r1", null);
        ErrorLog.answered(400, "GET\n", "/a\u001b[2J", "no\u0085such\u007fhost");
        ErrorLog.answered(502, transaction, "a\nb");
        ErrorLog.brokeOff(transaction, "a\nb");
        ErrorLog.cutShort(transaction, "a\nb");
        ErrorLog.retried(transaction, "a\nb");
        ErrorLog.notUpgraded(transaction, "a\nb");
        assertThat(lines)
                .containsExactly(
                        "400 GET? /a?[2J: no?such?host",
                        "502 GET /a [r?1]: a?b",
                        "broken off GET /a [r?1]: a?b",
                        "cut short GET /a [r?1]: a?b",
                        "trying again GET /a [r?1]: a?b",
                        "not upgraded GET /a [r?1]: a?b");
    }
}
