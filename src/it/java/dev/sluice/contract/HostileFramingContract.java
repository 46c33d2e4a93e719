package dev.sluice.contract;

import static dev.sluice.contract.HostileRequest.SCENE;
import static dev.sluice.contract.HostileRequest.chunked;
import static dev.sluice.contract.HostileRequest.fieldLines;
import static dev.sluice.contract.HostileRequest.post;
import static dev.sluice.contract.HostileRequest.verbatim;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Framing that two readers may understand differently (RFC 9112 sections 6, 7 and 11.2). */
interface HostileFramingContract extends HostileContract {

    String HELLO = "5\r\nhello\r\n0\r\n\r\n";

    @ParameterizedTest(name = "{0}")
    @MethodSource("transferCodings")
    default void aTransferCodingIsChunkedOrRefused(HostileRequest tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileRequest> transferCodings() {
        return Stream.of(
                post("CL.TE", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG")
                        .refused()
                        .passesAlone(""),
                post("TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", HELLO)
                        .refused()
                        .passesAlone("hello"),
                post("TE.0", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", HELLO)
                        .refused()
                        .passesAlone("hello"),
                coding("in capitals", "Transfer-Encoding: CHUNKED").passes("hello"),
                coding("a tab before the value", "Transfer-Encoding:\tchunked").passes("hello"),
                badCoding("chunked, identity", "Transfer-Encoding: chunked, identity"),
                badCoding("identity, chunked", "Transfer-Encoding: identity, chunked"),
                badCoding("gzip, chunked", "Transfer-Encoding: gzip, chunked"),
                badCoding("chunked, chunked", "Transfer-Encoding: chunked, chunked"),
                badCoding("xchunked", "Transfer-Encoding: xchunked"),
                badCoding("x chunked", "Transfer-Encoding: x chunked"),
                badCoding("identity", "Transfer-Encoding: identity"),
                badCoding("empty", "Transfer-Encoding:"),
                badCoding("two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
                badCoding("two lines that differ", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
                badCoding("two lines, the first unknown", "Transfer-Encoding: x\r\nTransfer-Encoding: chunked"),
                badCoding("a parameter", "Transfer-Encoding: chunked;q=1"),
                badCoding("garbage behind", "Transfer-Encoding: chunked foo"),
                badCoding("a comma behind", "Transfer-Encoding: chunked,"),
                badCoding("a comma before", "Transfer-Encoding: ,chunked"),
                badCoding("in quotes", "Transfer-Encoding: \"chunked\""),
                badCoding("a vertical tab before", "Transfer-Encoding: \u000bchunked"),
                badCoding("a control character behind", "Transfer-Encoding: chunked\u0001"),
                badCoding("a byte that is not ASCII behind", "Transfer-Encoding: chunked\u00a0"),
                badCoding("a space before the colon", "Transfer-Encoding : chunked"),
                coding("folded", "Transfer-Encoding:\r\n chunked")
                        .refused(400, 501)
                        .passes("hello"),
                fieldLines("folded into another", "X-Own: x\r\n Transfer-Encoding: chunked\r\n")
                        .refused()
                        .passes(""),
                verbatim(
                                "in HTTP/1.0",
                                "POST /scripted/tried HTTP/1.0\r\nHost: shop.example\r\n" + SCENE
                                        + "\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + HELLO)
                        .refused(400, 501));
    }

    private static HostileRequest coding(String name, String fieldLine) {
        return post(name, fieldLine + "\r\n", HELLO);
    }

    private static HostileRequest badCoding(String name, String fieldLine) {
        return coding(name, fieldLine).refused(400, 501);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lengths")
    default void aLengthIsOneNumberOrRefused(HostileRequest tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileRequest> lengths() {
        return Stream.of(
                verbatim(
                                "CL.0: a GET with a body",
                                "GET /scripted/tried HTTP/1.1\r\nHost: shop.example\r\n" + SCENE
                                        + "\r\nContent-Length: 5\r\n\r\nhello")
                        .passes("hello"),
                post("none", "", "").passes(""),
                post("zero, and the next method begins one byte early", "Content-Length: 0\r\n", "G")
                        .passes(""),
                length("twice the same", "5\r\nContent-Length: 5").refused().passes("hello"),
                length("twice, larger", "5\r\nContent-Length: 6").refused(),
                length("twice, smaller", "6\r\nContent-Length: 5").refused(),
                length("twice, the first zero", "0\r\nContent-Length: 5").refused(),
                length("a list of the same", "5, 5").refused(),
                length("a list", "5, 6").refused(),
                length("a plus", "+5").refused(),
                length("a minus", "-5").refused(),
                length("minus zero", "-0").refused(),
                length("hexadecimal", "0x5").refused(),
                length("a leading zero", "05").passes("hello"),
                length("a decimal point", "5.0").refused(),
                length("an exponent", "5e0").refused(),
                length("in quotes", "\"5\"").refused(),
                length("digits that are not ASCII", "\u00d9\u00a5").refused(),
                length("a byte that is not ASCII behind", "5\u00a0").refused(),
                length("a space behind", "5 ").passes("hello"),
                length("a tab before", "\t5").passes("hello"),
                length("a space inside", "5 0").refused(),
                length("a vertical tab before", "\u000b5").refused(),
                length("empty", "").refused(),
                length("more than 63 bits", "9223372036854775808").refused(400, 413),
                length("more than 64 bits", "18446744073709551621").refused(400, 413),
                length("far more", "9".repeat(100)).refused(400, 413),
                length("folded", "\r\n 5").refused().passes("hello"),
                post("more than comes", "Content-Length: 1000\r\n", "hello")
                        .broken()
                        .closed()
                        .andEnds());
    }

    private static HostileRequest length(String name, String value) {
        return post(name, "Content-Length: " + value + "\r\n", "hello");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("chunks")
    default void aChunkIsAsLongAsItSaysOrRefused(HostileRequest tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileRequest> chunks() {
        String rest = "\r\nhello\r\n0\r\n\r\n";
        return Stream.of(
                chunked("an extension", "5;a=b" + rest).passes("hello"),
                chunked("an extension in quotes", "5;a=\"b;c\"" + rest).passes("hello"),
                chunked("leading zeros", "0000005" + rest).passes("hello"),
                chunked("zeros at the end", "5\r\nhello\r\n0000\r\n\r\n").passes("hello"),
                chunked("in capitals", "A\r\nhellohello\r\n0\r\n\r\n").passes("hellohello"),
                chunked("more than 31 bits", "100000005" + rest)
                        .broken()
                        .closed()
                        .andEnds(),
                chunked("no last chunk", "5\r\nhello\r\n").broken().andEnds(),
                chunked("more than 63 bits", "8000000000000005" + rest).broken(),
                chunked("more than 64 bits", "10000000000000005" + rest).broken(),
                chunked("far more", "f".repeat(100) + rest).broken(),
                chunked("a minus", "-5" + rest).broken(),
                chunked("a plus", "+5" + rest).broken(),
                chunked("0x", "0x5" + rest).broken(),
                chunked("no size", rest).broken(),
                chunked("no size but an extension", ";a=b" + rest).broken(),
                chunked("a space before", " 5" + rest).broken(),
                chunked("a space inside", "5 5" + rest).broken(),
                chunked("a space behind", "5 " + rest).broken().passes("hello"),
                chunked("no hexadecimal number", "g" + rest).broken(),
                chunked("an endless extension", "5;" + "x".repeat(100_000) + rest)
                        .broken(),
                chunked("a line feed in an extension", "5;a\nb" + rest).broken(),
                chunked("a carriage return in an extension", "5;a\rb" + rest).broken(),
                chunked("a line feed ends the size", "5\nhello\r\n0\r\n\r\n").broken(),
                chunked("a line feed ends the data", "5\r\nhello\n0\r\n\r\n").broken(),
                chunked("a carriage return ends the size", "5\rhello\r\n0\r\n\r\n")
                        .broken(),
                chunked("nothing ends the data", "5\r\nhello0\r\n\r\n").broken(),
                chunked("other bytes end the data", "5\r\nhelloXX0\r\n\r\n").broken(),
                chunked("a trailer that is framing", "5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n")
                        .broken()
                        .passes("hello"),
                chunked("a trailer that is a coding", "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n")
                        .broken()
                        .passes("hello"),
                chunked(
                                "trailers that are routing and credentials",
                                "5\r\nhello\r\n0\r\nHost: evil.example\r\nAuthorization: Basic eDp5\r\n\r\n")
                        .broken()
                        .passes("hello"),
                chunked("a trailer without a colon", "5\r\nhello\r\n0\r\nnone\r\n\r\n")
                        .broken(),
                chunked("endless trailers", "5\r\nhello\r\n0\r\n" + "A: b\r\n".repeat(20_000) + "\r\n")
                        .broken());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fields")
    default void aFieldLineIsSoundOrRefused(HostileRequest tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileRequest> fields() {
        return Stream.of(
                fieldLines("an empty value", "X-Own:\r\n").passes(""),
                fieldLines("bytes that are not ASCII in a value", "X-Own: \u00e9\u00ff\r\n")
                        .passes(""),
                fieldLines("no colon", "X-Own\r\n").refused(),
                fieldLines("no name", ": x\r\n").refused(),
                fieldLines("a space before the colon", "X-Own : x\r\n").refused(),
                fieldLines("a tab before the colon", "X-Own\t: x\r\n").refused(),
                fieldLines("a space in the name", "X Own: x\r\n").refused(),
                fieldLines("a parenthesis in the name", "X(Own: x\r\n").refused(),
                fieldLines("a byte that is not ASCII in the name", "X-\u00e9wn: x\r\n")
                        .refused(),
                fieldLines("NUL in the name", "X-\u0000wn: x\r\n").refused(),
                fieldLines("NUL in the value", "X-Own: a\u0000b\r\n").refused(),
                fieldLines("a bell in the value", "X-Own: a\u0007b\r\n").refused(),
                fieldLines("an escape in the value", "X-Own: a\u001bb\r\n").refused(),
                fieldLines("a vertical tab in the value", "X-Own: a\u000bb\r\n").refused(),
                fieldLines("a form feed in the value", "X-Own: a\fb\r\n").refused(),
                fieldLines("DEL in the value", "X-Own: a\u007fb\r\n").refused(),
                fieldLines("a carriage return in the value", "X-Own: a\rContent-Length: 5\r\n")
                        .refused(),
                fieldLines("a carriage return in the name", "X-\rOwn: a\r\n").refused(),
                fieldLines("a line feed ends a line", "X-Own: a\nX-Other: b\r\n")
                        .refused()
                        .passes(""),
                fieldLines("carriage returns before the line feed", "X-Own: a\r\r\nX-Other: b\r\n")
                        .refused(),
                fieldLines("folded", "X-Own: a\r\n b\r\n").refused().passes(""),
                fieldLines("folded by a tab", "X-Own: a\r\n\tb\r\n").refused().passes(""),
                fieldLines("a line of a space", " \r\n").refused().passes(""),
                verbatim(
                                "the first line folded",
                                "GET /scripted/tried HTTP/1.1\r\n Host: shop.example\r\nHost: shop.example\r\n" + SCENE
                                        + "\r\n\r\n")
                        .refused(),
                verbatim(
                                "line feeds end all lines",
                                "GET /scripted/tried HTTP/1.1\nHost: shop.example\n" + SCENE + "\n\n")
                        .refused()
                        .passes(""),
                verbatim(
                                "carriage returns end all lines",
                                "GET /scripted/tried HTTP/1.1\rHost: shop.example\r" + SCENE + "\r\r")
                        .refused(),
                fieldLines("a megabyte in a line", "X-Own: " + "x".repeat(1_000_000) + "\r\n")
                        .refused(400, 431)
                        .closed(),
                fieldLines("10,000 lines", "X-Own: x\r\n".repeat(10_000))
                        .refused(400, 431)
                        .closed());
    }
}
