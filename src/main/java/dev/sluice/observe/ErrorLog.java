package dev.sluice.observe;

import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One line for each answer that is Sluice's own, and for each that broke off: what was asked for, and why it went wrong. */
public final class ErrorLog {

    private static final Logger LOG = LoggerFactory.getLogger("dev.sluice.errors");

    /** What is longer is not there to be read. */
    private static final int MAX_PATH = 1024;

    private ErrorLog() {}

    /** A request that Sluice answered itself: 4xx is the client's business, 5xx is the operator's. */
    public static void answered(int status, String method, String path, String reason) {
        if (status < 500) {
            LOG.info("{} {} {}: {}", status, method, shown(path), reason);
        } else {
            LOG.warn("{} {} {}: {}", status, method, shown(path), reason);
        }
    }

    /** An answer that had begun and could not be finished: its client sees a broken body. */
    public static void brokeOff(String method, String path, String reason) {
        LOG.warn("broken off {} {}: {}", method, shown(path), reason);
    }

    /** A request of whose body the rest is thrown away: its client sees an answer that says nothing of that. */
    public static void cutShort(String method, String path, String reason) {
        LOG.warn("cut short {} {}: {}", method, shown(path), reason);
    }

    /** A try on one target that failed while the request goes on elsewhere: its line in the access log comes much later, if at all. */
    public static void retried(Transaction transaction, String reason) {
        LOG.info(
                "trying again {} {}{}: {}",
                transaction.method(),
                shown(transaction.path()),
                identified(transaction),
                reason);
    }

    private static String identified(Transaction transaction) {
        return Stream.of(transaction.requestId(), transaction.traceparent())
                .filter(Objects::nonNull)
                .map(identifier -> " [" + identifier + "]")
                .collect(Collectors.joining());
    }

    /** A request that goes on without the upgrade that it asks for. */
    public static void notUpgraded(String method, String path, String reason) {
        LOG.warn("not upgraded {} {}: {}", method, shown(path), reason);
    }

    private static String shown(String path) {
        return path.length() <= MAX_PATH ? path : path.substring(0, MAX_PATH) + "...";
    }
}
