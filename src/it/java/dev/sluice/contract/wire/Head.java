package dev.sluice.contract.wire;

import java.util.List;
import java.util.Locale;

/**
 * The head of a message as it came over the wire. Immutable.
 *
 * @param startLine the request line or the status line
 * @param fieldLines the header lines in their order, none of their bytes changed (Latin-1)
 */
public record Head(String startLine, List<String> fieldLines) {

    public Head {
        fieldLines = List.copyOf(fieldLines);
    }

    /** Of a request. */
    public String method() {
        return startLine.split(" ", 3)[0];
    }

    /** Of a request: the path and query, raw. */
    public String requestTarget() {
        return startLine.split(" ", 3)[1];
    }

    /** Of a response. */
    public int status() {
        return Integer.parseInt(startLine.split(" ", 3)[1]);
    }

    /** The values of all fields of that name, in any case, in their order. */
    public List<String> values(String name) {
        String prefix = name.toLowerCase(Locale.ROOT) + ":";
        return fieldLines.stream()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
                .map(line -> line.substring(prefix.length()).trim())
                .toList();
    }

    /** The value of the only field of that name, or the empty string. */
    public String value(String name) {
        return String.join(" AND ", values(name));
    }

    /** All field names in lower case, in their order, with repetitions. */
    public List<String> names() {
        return fieldLines.stream()
                .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT))
                .toList();
    }
}
