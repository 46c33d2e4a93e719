package dev.sluice.contract.wire;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A response as its client received it. Immutable except for the array.
 *
 * @param body what was received of the body, decoded
 * @param trailers the lines after the last chunk, as received (Latin-1)
 * @param whole whether all of the response was received: false if the connection ended before Content-Length bytes or
 *     before the last chunk
 */
@SuppressWarnings("ArrayRecordComponent")
public record Reply(Head head, byte[] body, List<String> trailers, boolean whole) {

    public int status() {
        return head.status();
    }

    public String text() {
        return new String(body, StandardCharsets.ISO_8859_1);
    }

    /** See {@link Head#value}. */
    public String field(String name) {
        return head.value(name);
    }

    /** See {@link Head#values}. */
    public List<String> fields(String name) {
        return head.values(name);
    }

    @Override
    public String toString() {
        return head + (whole ? ", whole: " : ", broken: ") + body.length + " bytes";
    }
}
