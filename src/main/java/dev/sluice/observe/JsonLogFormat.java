package dev.sluice.observe;

import org.jspecify.annotations.Nullable;

/**
 * One JSON object per line (RFC 8259), in ASCII. A member without a value is null, but {@code query} is left out if it
 * is not logged, and {@code headers} if the request has none of the configured fields.
 */
final class JsonLogFormat implements LogFormat {

    private final boolean query;
    private final Timestamps timestamps = new Timestamps();

    /** @param query whether the query is logged */
    JsonLogFormat(boolean query) {
        this.query = query;
    }

    @Override
    public void append(Transaction transaction, StringBuilder line) {
        line.append("{\"time\":\"");
        timestamps.append(line, transaction.beganMillis(), "Z\"");
        Client client = transaction.client();
        text(line, "client", client == null ? null : client.address());
        number(line, "client_port", client == null ? 0 : client.port());
        text(line, "method", transaction.method());
        text(line, "scheme", client == null ? null : client.scheme());
        text(line, "host", client == null || client.authority().isEmpty() ? null : client.authority());
        text(line, "path", transaction.path());
        if (query) {
            text(line, "query", transaction.query());
        }
        text(line, "protocol", transaction.protocol());
        number(line, "status", transaction.clientStatus());
        number(line, "target_status", transaction.targetStatus());
        text(line, "termination", transaction.termination());
        text(line, "failure", transaction.failure());
        text(line, "rule", transaction.rule());
        text(line, "target_group", transaction.group());
        text(line, "target", transaction.target());
        line.append(",\"attempts\":").append(transaction.attempts());
        line.append(",\"failovers\":").append(transaction.failovers());
        line.append(",\"tunnel\":").append(transaction.isTunnel());
        millis(line, "queue_ms", transaction.queueNanos());
        millis(line, "connect_ms", transaction.connectNanos());
        millis(line, "first_byte_ms", transaction.firstByteNanos());
        millis(line, "total_ms", transaction.totalNanos());
        line.append(",\"bytes_from_client\":").append(transaction.bytesFromClient());
        line.append(",\"bytes_to_client\":").append(transaction.bytesToClient());
        text(line, "request_id", transaction.requestId());
        text(line, "traceparent", transaction.traceparent());
        if (client != null && !client.headers().isEmpty()) {
            line.append(",\"headers\":").append(Json.write(client.headers()));
        }
        line.append('}');
    }

    private static void text(StringBuilder line, String name, @Nullable String value) {
        name(line, name);
        if (value == null) {
            line.append("null");
        } else {
            Json.string(value, line);
        }
    }

    /** 0 is written as null. */
    private static void number(StringBuilder line, String name, int value) {
        name(line, name);
        if (value == 0) {
            line.append("null");
        } else {
            line.append(value);
        }
    }

    private static void millis(StringBuilder line, String name, long nanos) {
        name(line, name);
        if (nanos == Transaction.NONE) {
            line.append("null");
        } else {
            Timestamps.appendMillis(line, nanos);
        }
    }

    private static void name(StringBuilder line, String name) {
        line.append(",\"").append(name).append("\":");
    }
}
