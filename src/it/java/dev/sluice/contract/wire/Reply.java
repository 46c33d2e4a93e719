package dev.sluice.contract.wire;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A response as its client got it. Immutable but for the array.
 *
 * @param body what came of it, decoded
 * @param trailers the lines after the last chunk, as they came (Latin-1)
 * @param whole whether all of it came: false where the connection ended before Content-Length bytes or before the last chunk
 */
@SuppressWarnings("ArrayRecordComponent")
public record Reply(Head head, byte[] body, List<String> trailers, boolean whole) {

    public int status() {
        return head.status();
    }

    public String text() {
        return new String(body, StandardCharsets.ISO_8859_1);
    }

    /** As {@link Head#value}. */
    public String field(String name) {
        return head.value(name);
    }

    /** As {@link Head#values}. */
    public List<String> fields(String name) {
        return head.values(name);
    }

    @Override
    public String toString() {
        return head + (whole ? ", whole: " : ", broken: ") + body.length + " bytes";
    }
}
