package dev.sluice.contract.wire;

import java.util.List;
import java.util.Locale;

/**
 * The head of a message as it came over the wire. Immutable.
 *
 * @param startLine the request line or the status line
 * @param fieldLines the field lines in their order, byte for byte (Latin-1)
 */
public record Head(String startLine, List<String> fieldLines) {

    public Head {
        fieldLines = List.copyOf(fieldLines);
    }

    /** The method of a request. */
    public String method() {
        return startLine.split(" ", 3)[0];
    }

    /** The path and query of a request, raw. */
    public String requestTarget() {
        return startLine.split(" ", 3)[1];
    }

    /** The status of a response. */
    public int status() {
        return Integer.parseInt(startLine.split(" ", 3)[1]);
    }

    /** The values of all fields of this name (case-insensitive), in their order. */
    public List<String> values(String name) {
        String prefix = name.toLowerCase(Locale.ROOT) + ":";
        return fieldLines.stream()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
                .map(line -> line.substring(prefix.length()).trim())
                .toList();
    }

    /** The value of the only field of this name; empty if there is none. */
    public String value(String name) {
        return String.join(" AND ", values(name));
    }

    /** All field names in lower case, in their order, including repetitions. */
    public List<String> names() {
        return fieldLines.stream()
                .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT))
                .toList();
    }
}
