package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a target sends before its final response. */
interface InterimResponsesContract extends Contract {

    @Test
    default void earlyHintsArriveBeforeTheAnswerIsSent() throws IOException {
        assumeTrue(stage().kind().sendsInterimResponses(), "this host cannot send them");
        Signal arrived = new Signal();
        Scene scene = scene(exchange -> {
            for (String link : List.of("</a.css>", "</b.css>")) {
                exchange.sendHead("HTTP/1.1 103 Early Hints", "Link: " + link, "Connection: X-Own", "X-Own: 1");
                arrived.take();
            }
            exchange.sendHead("HTTP/1.1 102 Processing");
            arrived.take();
            exchange.answer("200 OK", "ok", "Link: </c.css>");
        });
        try (Wire client = connect()) {
            for (int i = 0; i < 2; i++) { // the connection takes another request
                sendHead(client, "GET /scripted HTTP/1.1", scene);
                for (String link : List.of("</a.css>", "</b.css>")) {
                    Head hint = client.readHead();
                    assertThat(hint.status()).isEqualTo(103);
                    assertThat(hint.values("Link")).containsExactly(link);
                    assertThat(hint.names()).doesNotContain("x-own", "content-length", "transfer-encoding");
                    arrived.give();
                }
                assertThat(client.readHead().status()).isEqualTo(102);
                arrived.give();
                Reply reply = client.readReply();
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.fields("Link")).containsExactly("</c.css>");
                assertThat(reply.text()).isEqualTo("ok");
            }
        }
    }

    /** RFC 9110 section 8.6. The launcher's Jetty took the length for that of the final response. */
    @Test
    default void theLengthOfAnInterimResponseIsThatOfNothing() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 103 Early Hints", "Link: </a.css>", "Content-Length: 5");
            exchange.answer("200 OK", "ok");
        });
        try (Wire client = connect()) {
            for (int i = 0; i < 2; i++) { // the connection takes another request
                Head head = sendHead(client, "GET /scripted HTTP/1.1", scene).readHead();
                if (head.status() == 103) { // not every host passes it on
                    assertThat(head.names()).doesNotContain("content-length");
                    head = client.readHead();
                }
                assertThat(head.status()).isEqualTo(200);
                assertThat(client.responseBody(head).readAllBytes()).asString().isEqualTo("ok");
            }
        }
    }

    /** The response must neither overtake the hints nor get lost. */
    @Test
    default void hintsAndAnswerInOnePieceArriveInTheirOrder() throws IOException {
        Scene scene = scene(exchange -> exchange.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n".repeat(10)
                + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        try (Wire client = connect()) {
            for (int i = 0; i < 20; i++) {
                Reply reply = ask(client, "GET /scripted HTTP/1.1", scene);
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.fields("Link")).isEmpty();
                assertThat(reply.text()).isEqualTo("ok");
            }
        }
    }

    @Test
    default void anHttp10ClientGetsTheAnswerOnly() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 103 Early Hints", "Link: </a.css>");
            exchange.answer("200 OK", "ok");
        });
        try (Wire client = connect()) {
            assertThat(sendHead(client, "GET /scripted HTTP/1.0", scene)
                            .readHead()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    default void afterHintsATargetThatBreaksOffIsABadGateway() throws IOException {
        Scene scene = scene(exchange -> {
            exchange.sendHead("HTTP/1.1 103 Early Hints", "Link: </a.css>");
            exchange.reset();
        });
        assertOwnResponse(ask("POST /scripted HTTP/1.1", scene), 502);
    }
}
