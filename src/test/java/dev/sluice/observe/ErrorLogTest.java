package dev.sluice.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.LogLines;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ErrorLogTest {

    private final LogLines lines = LogLines.of("dev.sluice.errors");

    @AfterEach
    void stop() {
        lines.close();
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
        ErrorLog.brokeOff(502, transaction("r-1", null), "web: why");
        assertThat(lines.all())
                .containsExactly(
                        "trying again GET /a: web: why",
                        "trying again GET /a [r-1]: web: why",
                        "trying again GET /a [r-1] [00-0af7-b7ad-01]: web: why",
                        "502 GET /a [r-1]: web: why",
                        "broken off GET /a [r-1]: web: why");
    }

    /** Such as a gRPC call that its client cancels, which is nothing to worry about. */
    @Test
    void whatIsTheClientsFaultIsNoWarning() {
        ErrorLog.answered(400, transaction(null, null), "why");
        ErrorLog.brokeOff(400, transaction(null, null), "why");
        assertThat(lines.warnings()).isEmpty();
        ErrorLog.answered(502, transaction(null, null), "why");
        ErrorLog.brokeOff(502, transaction(null, null), "why");
        assertThat(lines.warnings()).containsExactly("502 GET /a: why", "broken off GET /a: why");
    }

    @Test
    void whatAClientMakesLongIsTruncated() {
        ErrorLog.answered(404, "G".repeat(1025), "/" + "a".repeat(1024), "why");
        assertThat(lines.all()).containsExactly("404 " + "G".repeat(1024) + "... /" + "a".repeat(1023) + "...: why");
    }

    @Test
    void controlCharactersAreReplaced() {
        Transaction transaction = transaction("r\r1", null);
        ErrorLog.answered(400, "GET\n", "/a\u001b[2J", "no\u0085such\u007fhost");
        ErrorLog.answered(502, transaction, "a\nb");
        ErrorLog.brokeOff(502, transaction, "a\nb");
        ErrorLog.cutShort(transaction, "a\nb");
        ErrorLog.retried(transaction, "a\nb");
        ErrorLog.notUpgraded(transaction, "a\nb");
        assertThat(lines.all())
                .containsExactly(
                        "400 GET? /a?[2J: no?such?host",
                        "502 GET /a [r?1]: a?b",
                        "broken off GET /a [r?1]: a?b",
                        "cut short GET /a [r?1]: a?b",
                        "trying again GET /a [r?1]: a?b",
                        "not upgraded GET /a [r?1]: a?b");
    }
}
