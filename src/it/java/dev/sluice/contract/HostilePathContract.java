package dev.sluice.contract;

import static dev.sluice.contract.HostileRequest.line;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Paths that someone could read as another path: they reach the target of their own rule, byte for byte, or no target.
 */
interface HostilePathContract extends HostileContract {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/scripted/%252e%252e/other",
                "/scripted/%252fother",
                "/scripted/...",
                "/scripted/.../other",
                "/scripted/x/../y",
                "/scripted/./x",
                "/scripted/x/.",
                "/scripted/%2e",
                "/scripted/.%00./x",
                "/scripted///",
                "/scripted/;",
                "/scripted/;a=b/x",
                "/scripted/..x/other",
                "/scripted/x;/..;x",
                "/scripted/\u00c3\u00a9",
                "/scripted/\u00ff",
                "/scripted/\\x",
                "/scripted/\"<>^`{|}",
                "/scripted?\\\"<>^`{|}",
                "/scripted?\u00c3\u00a9",
                "/scripted/%ff",
                "/scripted/%c3",
                "/scripted/%c0%ae%c0%ae/other",
                "/scripted/%ef%bc%8e%ef%bc%8e/other",
                "/scripted/%e2%80%ae",
                "/scripted/x%0d%0aX-Injected:%20y",
                "/scripted/x%0a",
                "/scripted/x%00.html",
                "/scripted/%7f",
                "/scripted/%5c",
                "/scripted/%23",
                "/scripted/%3f",
                "/scripted/%3fx=/../..",
                "/scripted?/../other",
                "/scripted??",
                "/scripted?%00%0d%0a%ff%zz%",
                "/scripted?a=http://evil.example/",
                "/scripted/http://evil.example/",
                "/scripted/x:80@evil.example"
            })
    default void itArrivesByteForByteOrNotAtAll(String path) throws IOException {
        assertFate(asHostsRefuse(path(path).refused()).passes(""), path);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("paths")
    default void itIsRefused(HostileRequest tried) throws IOException {
        assertFate(asHostsRefuse(tried));
    }

    default Stream<HostileRequest> paths() {
        return Stream.concat(
                Stream.of(
                                "/scripted/..",
                                "/scripted/../",
                                "/scripted/x/../..",
                                "/scripted/./../other",
                                "/scripted//../other",
                                "/scripted/..//other",
                                "/scripted/%2e%2e",
                                "/scripted/%2E./other",
                                "/scripted/%2e%2e%2fother",
                                "/scripted/..%2f..%2fother",
                                "/scripted/x%2f..%2f../other",
                                "/scripted/..;/other",
                                "/scripted/..;a=b/other",
                                "/scripted/;/../other",
                                "/scripted/..%3b/other",
                                "/scripted/%2e%2e;/other",
                                "/scripted/..\\other",
                                "/scripted/\\..\\other",
                                "/scripted/..%5cother",
                                "/scripted/%5c..%5cother",
                                "/scripted/%zz",
                                "/scripted/%",
                                "/scripted/%2",
                                "/scripted/%u002e%u002e/other",
                                "/scripted/x#fragment",
                                "/scripted#/../other",
                                "#/scripted",
                                "/scripted/x?a#fragment",
                                "/scripted/x y",
                                "/scripted/\u0001",
                                "/scripted/\u0000",
                                "/scripted/\u007f",
                                "/scripted/x\ty",
                                "/scripted?a=\u0000",
                                "/scripted?a=\u0001",
                                "/scripted?a=\u00ff")
                        .map(path -> path(path).refused(400, 505)),
                Stream.of(
                                "/..",
                                "/../other",
                                "/../scripted",
                                "/./scripted",
                                "/.;/scripted",
                                "/x/../scripted",
                                "//scripted",
                                "//other/scripted",
                                "/%73cripted",
                                "/scripted%2fx",
                                "/scripted%2f..%2fother",
                                "/scripted%00",
                                "/scripted;/../other",
                                "/scripted;x",
                                "/scripted\\..\\other",
                                "/scripted%5c..%5cother",
                                "/scripted.",
                                "\\scripted")
                        .map(path -> path(path).refused().unmatched()));
    }

    private static HostileRequest path(String path) {
        return line(printable(path), "GET " + path + " HTTP/1.1");
    }

    private static String printable(String path) {
        StringBuilder printable = new StringBuilder();
        path.chars().forEach(c -> printable.append(c > ' ' && c < 0x7F ? (char) c : "<%02x>".formatted(c)));
        return printable.toString();
    }
}
