package dev.sluice.observe;

import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The error log: one line, with method, path and reason, for each request that Sluice refused or answered with an error
 * itself, and for each response that broke off, body that was cut short, retry, and upgrade that was left out. Control
 * characters are replaced, so that nothing from outside begins another line or reaches the terminal of a reader.
 */
public final class ErrorLog {

    private static final Logger LOG = LoggerFactory.getLogger("dev.sluice.errors");

    /** In characters: a longer path or method is truncated. */
    private static final int MAX_SHOWN = 1024;

    private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");

    private ErrorLog() {}

    /**
     * Sluice itself answered the request. A 4xx, the client's fault, is logged as INFO; a 5xx, which concerns the
     * operator, as WARN.
     */
    public static void answered(int status, Transaction transaction, String reason) {
        answered(status, shown(transaction), reason);
    }

    /** The same for a request that has no record. */
    public static void answered(int status, String method, String path, String reason) {
        answered(status, shown(method, path), reason);
    }

    private static void answered(int status, String request, String reason) {
        LOG.atLevel(level(status)).log("{} {}", status, line(request, reason));
    }

    /**
     * A response had begun and could not be finished; the client sees a broken body.
     *
     * @param status that would have been answered before it had begun; decides on the level, too
     */
    public static void brokeOff(int status, Transaction transaction, String reason) {
        LOG.atLevel(level(status)).log("broken off {}", line(shown(transaction), reason));
    }

    private static Level level(int status) {
        return status < 500 ? Level.INFO : Level.WARN;
    }

    /** The rest of a request's body is discarded; the client cannot tell from the response. */
    public static void cutShort(Transaction transaction, String reason) {
        LOG.warn("cut short {}", line(shown(transaction), reason));
    }

    /** An attempt failed and another one follows. The access log shows the request much later, if at all. */
    public static void retried(Transaction transaction, String reason) {
        LOG.info("trying again {}", line(shown(transaction), reason));
    }

    /** The request is forwarded without the upgrade that it asks for. */
    public static void notUpgraded(Transaction transaction, String reason) {
        LOG.warn("not upgraded {}", line(shown(transaction), reason));
    }

    /** Method, path, and the identifiers that it has. */
    private static String shown(Transaction transaction) {
        String identifiers = Stream.of(transaction.requestId(), transaction.traceparent())
                .filter(Objects::nonNull)
                .map(identifier -> " [" + identifier + "]")
                .collect(Collectors.joining());
        return shown(transaction.method(), transaction.path()) + identifiers;
    }

    private static String shown(String method, String path) {
        return truncated(method) + " " + truncated(path);
    }

    private static String truncated(String text) {
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
    }

    private static String line(String request, String reason) {
        return CONTROL.matcher(request + ": " + reason).replaceAll("?");
    }
}
