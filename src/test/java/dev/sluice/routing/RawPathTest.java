package dev.sluice.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RawPathTest {

    private static final List<String> PIECES = List.of("/", "x", ".", "..", "%2e", "%2f", "\\", ";");
    private static final int PIECES_PER_PATH = 5;

    /** One of the ways in which targets resolve a path. */
    private record Reader(
            boolean decodesDots,
            boolean decodesSlashes,
            boolean takesBackslashes,
            boolean mergesSlashes,
            boolean cutsEarly,
            boolean cutsLate) {

        boolean leaves(String path) {
            String read = path;
            read = cutsEarly ? read.replaceAll(";[^/]*", "") : read;
            read = decodesDots ? read.replace("%2e", ".") : read;
            read = decodesSlashes ? read.replace("%2f", "/") : read;
            read = takesBackslashes ? read.replace('\\', '/') : read;
            read = cutsLate ? read.replaceAll(";[^/]*", "") : read;
            int depth = 0;
            for (String segment : read.substring(1).split("/", -1)) {
                if (segment.equals("..")) {
                    depth--;
                } else if (!segment.equals(".") && !(segment.isEmpty() && mergesSlashes)) {
                    depth++;
                }
                if (depth < 0) {
                    return true;
                }
            }
            return false;
        }
    }

    @Test
    void noReaderLeavesByAnyShortPathThatPasses() {
        List<Reader> readers = readers();
        List<String> passed =
                paths().stream().filter(path -> !RawPath.mayLeave(path, 0)).toList();
        assertThat(passed).contains("/x/../x", "/x%2f./..").hasSizeGreaterThan(10_000);
        assertThat(passed.stream().filter(path -> readers.stream().anyMatch(reader -> reader.leaves(path))))
                .isEmpty();
    }

    private static List<Reader> readers() {
        List<Reader> readers = new ArrayList<>();
        for (int bits = 0; bits < 1 << 6; bits++) {
            readers.add(new Reader(
                    (bits & 1) != 0,
                    (bits & 2) != 0,
                    (bits & 4) != 0,
                    (bits & 8) != 0,
                    (bits & 16) != 0,
                    (bits & 32) != 0));
        }
        return readers;
    }

    private static List<String> paths() {
        List<String> paths = List.of("/");
        for (int i = 0; i < PIECES_PER_PATH; i++) {
            paths = paths.stream()
                    .flatMap(path -> PIECES.stream().map(path::concat))
                    .toList();
        }
        return paths;
    }
}
