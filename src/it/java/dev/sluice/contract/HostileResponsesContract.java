package dev.sluice.contract;

import static dev.sluice.contract.HostileResponse.fieldLines;
import static dev.sluice.contract.HostileResponse.framed;
import static dev.sluice.contract.HostileResponse.statusLine;
import static dev.sluice.contract.HostileResponse.verbatim;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.HostileResponse.Fate;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Targets that answer with something they should not. It is never taken for the response to another request, nor for
 * more than it is.
 */
interface HostileResponsesContract extends HostileContract {

    String HELLO_ANSWER = "5\r\nhello\r\n0\r\n\r\n";

    /** No request may get this response. */
    String POISON = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";

    /** The length of a body that fills what Sluice reads at once, together with its head. */
    int FILLING = 64 * 1024 - "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n".length();

    /** Enough for one of the following requests to get a connection that should not have been kept. */
    int AFTERWARDS = 3;

    @ParameterizedTest(name = "{0}")
    @MethodSource("statusLines")
    default void aStatusLineIsOneOrA502(HostileResponse tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileResponse> statusLines() {
        return Stream.of(
                statusLine("two digits", "HTTP/1.1 99 OK").badGateway(),
                statusLine("no digits", "HTTP/1.1 abc OK").badGateway(),
                statusLine("four digits", "HTTP/1.1 1000 OK").badGateway(),
                statusLine("four digits that begin with a zero", "HTTP/1.1 0200 OK")
                        .badGateway(),
                statusLine("six hundred", "HTTP/1.1 600 OK").badGateway().passes("ok"),
                statusLine("zero", "HTTP/1.1 000 OK").badGateway(),
                statusLine("a minus", "HTTP/1.1 -200 OK").badGateway(),
                statusLine("a plus", "HTTP/1.1 +200 OK").badGateway(),
                statusLine("a letter among digits", "HTTP/1.1 2OO OK").badGateway(),
                statusLine("more than an int", "HTTP/1.1 4294967496 OK").badGateway(),
                statusLine("no status", "HTTP/1.1").badGateway(),
                statusLine("no status but a space", "HTTP/1.1 ").badGateway(),
                statusLine("no version", "200 OK").badGateway(),
                statusLine("another protocol", "ICY 200 OK").badGateway(),
                statusLine("another version", "HTTP/2.0 200 OK").badGateway(),
                statusLine("a version that nobody knows", "HTTP/9.9 200 OK").badGateway(),
                statusLine("a version that is none", "HTTP/x 200 OK").badGateway(),
                statusLine("endless", "HTTP/1.1 200 " + "x".repeat(200_000)).badGateway(),
                statusLine("no reason", "HTTP/1.1 200").passes("ok"),
                statusLine("a reason of bytes", "HTTP/1.1 200 \u00e9\u00ff").passes("ok"),
                verbatim("a body without a head", "<html>\r\n<p>hello</p>\r\n\r\n")
                        .badGateway(),
                verbatim("nothing but empty lines", "\r\n".repeat(10_000)).badGateway(),
                verbatim("zeros", "\0".repeat(1_000) + "\r\n\r\n").badGateway(),
                verbatim(
                                "settings of HTTP/2",
                                "\0\0\u0006\u0004\0\0\0\0\0\0\u0003\0\0\0d\0\0\0\u0007\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n")
                        .badGateway());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("answersFields")
    default void anAnswersFieldIsSoundOrA502(HostileResponse tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileResponse> answersFields() {
        return Stream.of(
                fieldLines("no colon", "X-Own").badGateway(),
                fieldLines("no name", ": x").badGateway(),
                fieldLines("a space before the colon", "X-Own : x").badGateway().passes("ok"),
                fieldLines("a space in the name", "X Own: x").badGateway(),
                fieldLines("a control character in the name", "X-\u0001Own: x").badGateway(),
                fieldLines("a carriage return before the colon", "X-Own\r: x").badGateway(),
                fieldLines("split by a carriage return", "X-Own: a\rSet-Cookie: evil=1")
                        .badGateway()
                        .passes("ok"),
                fieldLines("split by two carriage returns", "X-Own: a\r\rSet-Cookie: evil=1")
                        .badGateway()
                        .passes("ok"),
                fieldLines("folded", "X-Own: a\r\n Set-Cookie: evil=1")
                        .badGateway()
                        .passes("ok"),
                fieldLines("NUL in the value", "X-Own: a\0b").badGateway().passes("ok"),
                fieldLines("a bell in the value", "X-Own: a\u0007b").badGateway(),
                fieldLines("DEL in the value", "X-Own: a\u007fb").badGateway(),
                fieldLines("bytes that are not ASCII in the value", "X-Own: \u00e9\u00ff")
                        .passes("ok"),
                fieldLines("line feeds end lines", "X-Own: a\nX-Other: b").passes("ok"),
                verbatim("the first line folded", "HTTP/1.1 200 OK\r\n X: y\r\nContent-Length: 2\r\n\r\nok")
                        .badGateway()
                        .passes("ok"),
                fieldLines("a megabyte", ("X-Own: " + "x".repeat(10_000) + "\r\n").repeat(100) + "X: y")
                        .badGateway(),
                fieldLines("a megabyte in a line", "X-Own: " + "x".repeat(1_000_000))
                        .badGateway(),
                fieldLines("10,000 lines", "X: y\r\n".repeat(10_000) + "X: y").badGateway());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("answersFramings")
    default void anAnswerEndsWhereItSaysOrIsA502(HostileResponse tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileResponse> answersFramings() {
        return Stream.of(
                framed("two lengths", "Content-Length: 2\r\nContent-Length: 3", "ok")
                        .badGateway(),
                framed("two lengths, the first larger", "Content-Length: 3\r\nContent-Length: 2", "ok")
                        .badGateway(),
                framed("two equal lengths", "Content-Length: 2\r\nContent-Length: 2", "ok")
                        .badGateway()
                        .passes("ok"),
                framed("a list of lengths", "Content-Length: 2, 3", "ok").badGateway(),
                framed("a minus", "Content-Length: -2", "ok").badGateway(),
                framed("a plus", "Content-Length: +2", "ok").badGateway(),
                framed("hexadecimal", "Content-Length: 0x2", "ok").badGateway(),
                framed("an empty length", "Content-Length:", "ok").badGateway(),
                framed("more than 63 bits", "Content-Length: 9223372036854775808", "ok")
                        .badGateway(),
                framed("a length and chunks", "Content-Length: 3\r\nTransfer-Encoding: chunked", HELLO_ANSWER)
                        .badGateway()
                        .passes("hello"),
                framed("chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 500", HELLO_ANSWER)
                        .badGateway()
                        .passes("hello"),
                framed("a coding that nobody asked for", "Transfer-Encoding: gzip, chunked", HELLO_ANSWER)
                        .badGateway(),
                framed("an unknown coding", "Transfer-Encoding: xchunked", HELLO_ANSWER)
                        .badGateway(),
                framed("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", HELLO_ANSWER)
                        .badGateway(),
                framed(
                                "chunked and identity",
                                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                                HELLO_ANSWER)
                        .badGateway(),
                chunked("no size", "\r\nhello\r\n0\r\n\r\n").badGateway().brokenOff(),
                chunked("a size that is no number", "g\r\nhello\r\n0\r\n\r\n")
                        .badGateway()
                        .brokenOff(),
                chunked("a negative size", "-5\r\nhello\r\n0\r\n\r\n")
                        .badGateway()
                        .brokenOff(),
                chunked("a size of 0x", "0x5\r\nhello\r\n0\r\n\r\n")
                        .badGateway()
                        .brokenOff(),
                chunked("a size of more than 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n")
                        .badGateway()
                        .brokenOff(),
                chunked("nothing ends the data", "5\r\nhello0\r\n\r\n")
                        .badGateway()
                        .brokenOff(),
                chunked("an endless extension", "5;" + "x".repeat(200_000) + "\r\nhello\r\n0\r\n\r\n")
                        .badGateway()
                        .brokenOff(),
                chunked("endless trailers", "5\r\nhello\r\n0\r\n" + "A: b\r\n".repeat(20_000) + "\r\n")
                        .badGateway()
                        .brokenOff(),
                chunked("a trailer that is framing", "5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n")
                        .badGateway()
                        .brokenOff()
                        .passes("hello"),
                chunked("a trailer that is a cookie", "5\r\nhello\r\n0\r\nSet-Cookie: evil=1\r\n\r\n")
                        .badGateway()
                        .brokenOff()
                        .passes("hello"));
    }

    private static HostileResponse chunked(String name, String body) {
        return framed(name, "Transfer-Encoding: chunked", body);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("surplus")
    default void whatComesAfterAnAnswerIsNobodys(HostileResponse tried) throws IOException {
        assertFate(tried);
    }

    default Stream<HostileResponse> surplus() {
        return Stream.of(
                framed("after a length", "Content-Length: 2", "ok" + POISON).passes("ok"),
                framed("after no length", "Content-Length: 0", POISON).passes(""),
                framed("after chunks", "Transfer-Encoding: chunked", HELLO_ANSWER + POISON)
                        .passes("hello"),
                framed("after what fills the buffer", "Content-Length: " + FILLING, "x".repeat(FILLING) + POISON)
                        .passes("x".repeat(FILLING)),
                framed("a few bytes", "Content-Length: 2", "ok!").passes("ok"),
                framed("empty lines", "Content-Length: 2", "ok\r\n\r\n").passes("ok"),
                verbatim("after 204", "HTTP/1.1 204 No Content\r\n\r\n" + POISON)
                        .passes(""),
                verbatim("after 304", "HTTP/1.1 304 Not Modified\r\n\r\n" + POISON)
                        .to("GET")
                        .passes(""),
                verbatim("a body with 204", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello")
                        .badGateway()
                        .passes(""),
                verbatim(
                                "chunks with 204",
                                "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n" + HELLO_ANSWER)
                        .badGateway()
                        .passes(""),
                verbatim("a body with 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello")
                        .to("GET")
                        .passes(""),
                verbatim("a body to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                        .to("HEAD")
                        .passes(""),
                verbatim("another answer to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + POISON)
                        .to("HEAD")
                        .passes(""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("interimResponses")
    default void whatComesBeforeAnAnswerIsSoundOrA502(HostileResponse tried) throws IOException {
        assertFate(tried, "Connection: Upgrade", "Upgrade: echo");
    }

    default Stream<HostileResponse> interimResponses() {
        return Stream.of(
                agreement("a length that is no number", "Content-Length: x").badGateway(),
                agreement("a length of 20 digits", "Content-Length: 10000000000000000000")
                        .badGateway(),
                agreement("two lengths", "Content-Length: 2\r\nContent-Length: x")
                        .badGateway(),
                agreement("a control character in a name", "X-\u0001Own: x").badGateway(),
                agreement("a bell in a value", "X-Own: a\u0007b").badGateway(),
                agreement("100,000 bytes", ("X-Own: " + "x".repeat(10_000) + "\r\n").repeat(10) + "X: y")
                        .badGateway(),
                verbatim("hints with a bell in a value", "HTTP/1.1 103 Early Hints\r\nLink: a\u0007b\r\n\r\n" + POISON)
                        .badGateway());
    }

    private static HostileResponse agreement(String name, String fieldLines) {
        return verbatim(
                name,
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n" + fieldLines
                        + "\r\n\r\n");
    }

    private void assertFate(HostileResponse tried, String... requestFields) throws IOException {
        Scene scene = scene(exchange -> {
            exchange.readBody();
            exchange.send(tried.bytes());
        });
        Scene others = scene(NAMES_ITS_REQUEST);
        try (Wire client = connect()) {
            Reply reply = ask(client, tried.method() + " /scripted HTTP/1.1", scene, requestFields);
            assertThat(fate(reply)).as("%s: %s", tried, reply).isIn(tried.fates());
            if (fate(reply) == Fate.BAD_GATEWAY) {
                assertOwnResponse(reply, 502);
            } else if (fate(reply) == Fate.PASSED) {
                assertThat(reply.text()).as("%s: %s", tried, reply).isEqualTo(tried.body());
            }
            assertThat(reply.head().fieldLines())
                    .as("%s: %s", tried, reply)
                    .allMatch(line -> SOUND_LINE.matcher(line).matches());
            assertThat(reply.head().names()).as("%s: %s", tried, reply).doesNotContain("set-cookie");
        }
        assertThat(scene.requests()).hasSize(1);
        assertOthersGetTheirOwn(others);
    }

    private static Fate fate(Reply reply) {
        if (reply.status() == 502) {
            return Fate.BAD_GATEWAY;
        }
        return reply.whole() ? Fate.PASSED : Fate.BROKEN_OFF;
    }

    private void assertOthersGetTheirOwn(Scene others) throws IOException {
        for (int i = 0; i < AFTERWARDS; i++) {
            String path = "/scripted/" + i;
            assertThat(get(path, others).text()).isEqualTo(path);
        }
    }

    /** It would be taken for the response to the next request on that connection. */
    @Test
    default void anAnswerThatComesBeforeItsRequestIsNobodys() throws IOException {
        Signal answered = new Signal();
        Signal ended = new Signal();
        Scene scene = scene(exchange -> {
            exchange.answer("200 OK", "ok");
            answered.take();
            exchange.send(POISON);
            exchange.awaitEnd();
            ended.give();
        });
        assertThat(get("/scripted", scene).text()).isEqualTo("ok");
        answered.give();
        ended.take();
        assertOthersGetTheirOwn(scene(NAMES_ITS_REQUEST));
    }
}
