package dev.sluice.observe;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The access log format of an AWS Application Load Balancer: its fields, in its order, up to {@code conn_trace_id}. A
 * field for which Sluice has no value is {@code -}. The README lists the differences.
 */
final class AlbLogFormat implements LogFormat {

    private static final String USER_AGENT = "User-Agent";
    private static final String NONE = " -";

    /** What this load balancer says of a client that left before its response began. */
    private static final int CLIENT_LEFT = 460;

    private static final int ASCII_END = 0x7F;
    private static final int LATIN_1_END = 0x100;
    private static final HexFormat HEX = HexFormat.of().withUpperCase();
    private static final long MILLI_NANOS = 1_000_000;

    private final boolean query;
    private final Timestamps began = new Timestamps();
    private final Timestamps ended = new Timestamps();

    /** @param query whether the query is logged */
    AlbLogFormat(boolean query) {
        this.query = query;
    }

    @Override
    public void append(Transaction transaction, StringBuilder line) {
        Client client = transaction.client();
        boolean tls = client != null && client.scheme().equals("https");
        line.append(type(transaction, tls)).append(' ');
        ended.append(line, transaction.beganMillis() + transaction.totalNanos() / MILLI_NANOS, "000Z");
        line.append(" sluice ");
        if (client == null) {
            line.append('-');
        } else {
            escaped(line, bracketed(client.address()));
            line.append(':').append(client.port());
        }
        bare(line, transaction.targetAddress());
        times(line, transaction);
        status(line, clientStatus(transaction));
        status(line, transaction.targetStatus());
        line.append(' ').append(transaction.bytesFromClient());
        line.append(' ').append(transaction.bytesToClient());
        request(line, transaction, client);
        quoted(line, client == null ? null : userAgent(client));
        bare(line, client == null ? null : client.cipher());
        bare(line, client == null ? null : client.tlsVersion());
        bare(line, transaction.group());
        quoted(line, transaction.traceparent() == null ? transaction.requestId() : transaction.traceparent());
        quoted(line, client != null && tls ? client.host() : null);
        quoted(line, null); // chosen_cert_arn
        line.append(NONE); // matched_rule_priority
        began.append(line.append(' '), transaction.beganMillis(), "000Z");
        quoted(line, isForwarded(transaction) ? "forward" : null);
        quoted(line, null); // redirect_url
        quoted(line, transaction.termination().equals("--") ? null : transaction.termination());
        quoted(line, transaction.targetAddress());
        quoted(line, transaction.targetStatus() == 0 ? null : Integer.toString(transaction.targetStatus()));
        quoted(line, null); // classification
        quoted(line, null); // classification_reason
        line.append(NONE); // conn_trace_id
    }

    private static String type(Transaction transaction, boolean tls) {
        if (transaction.isTunnel()) {
            return tls ? "wss" : "ws";
        }
        if (transaction.protocol().startsWith("HTTP/2")) {
            return "h2";
        }
        return tls ? "https" : "http";
    }

    private static int clientStatus(Transaction transaction) {
        return transaction.clientStatus() == 0 && transaction.cause() == TerminationCause.CLIENT
                ? CLIENT_LEFT
                : transaction.clientStatus();
    }

    /** Whether the rule's action was begun, if only in vain: not if Sluice refused the request before. */
    private static boolean isForwarded(Transaction transaction) {
        return transaction.group() != null
                && (transaction.attempts() > 0 || transaction.cause() != TerminationCause.PROXY);
    }

    /** All three are -1 if the request was not sent to a target; the last two are -1 if there was no response. */
    private static void times(StringBuilder line, Transaction transaction) {
        if (transaction.untilSendingNanos() == Transaction.NONE) {
            line.append(" -1 -1 -1");
            return;
        }
        line.append(' ');
        Timestamps.appendSeconds(line, transaction.untilSendingNanos());
        line.append(' ');
        if (transaction.firstByteNanos() == Transaction.NONE) {
            line.append("-1 -1");
        } else {
            Timestamps.appendSeconds(line, transaction.firstByteNanos());
            line.append(' ');
            Timestamps.appendSeconds(
                    line, transaction.totalNanos() - transaction.untilSendingNanos() - transaction.firstByteNanos());
        }
    }

    private static void status(StringBuilder line, int status) {
        line.append(' ');
        if (status == 0) {
            line.append('-');
        } else {
            line.append(status);
        }
    }

    private void request(StringBuilder line, Transaction transaction, @Nullable Client client) {
        line.append(" \"");
        escaped(line, transaction.method());
        line.append(' ');
        if (client != null) {
            escaped(line, client.scheme());
            line.append("://");
            escaped(line, client.host());
            line.append(':').append(client.hostPort());
        }
        escaped(line, transaction.path());
        String itsQuery = transaction.query();
        if (query && itsQuery != null) {
            line.append('?');
            escaped(line, itsQuery);
        }
        line.append(' ');
        escaped(line, transaction.protocol());
        line.append('"');
    }

    private static @Nullable String userAgent(Client client) {
        for (var header : client.headers().entrySet()) {
            if (header.getKey().equalsIgnoreCase(USER_AGENT)) {
                return header.getValue();
            }
        }
        return null;
    }

    private static String bracketed(String address) {
        return address.indexOf(':') < 0 ? address : "[" + address + "]";
    }

    private static void bare(StringBuilder line, @Nullable String value) {
        if (value == null) {
            line.append(NONE);
        } else {
            escaped(line.append(' '), value.replace(' ', '_'));
        }
    }

    private static void quoted(StringBuilder line, @Nullable String value) {
        line.append(" \"");
        escaped(line, value == null ? "-" : value);
        line.append('"');
    }

    /**
     * Escapes everything but printable ASCII, and also quotes and backslashes, by the character's hexadecimal code:
     * {@code \x22}.
     */
    private static void escaped(StringBuilder line, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c >= ' ' && c < ASCII_END && c != '"' && c != '\\') {
                line.append(c);
            } else {
                line.append(c < LATIN_1_END ? "\\x" : "\\u");
                line.append(c < LATIN_1_END ? HEX.toHexDigits((byte) c) : HEX.toHexDigits(c));
            }
        }
    }
}
