package dev.sluice.contract.wire;

import java.io.IOException;

/** What a scripted target does with one request. */
@FunctionalInterface
public interface Script {

    /**
     * Called once the request's head has been read. The connection is kept for the next request unless the script
     * closes it.
     */
    void play(TargetExchange exchange) throws IOException;

    /** Reads the body, and answers 200 with the text {@code ok}. */
    Script OK = exchange -> {
        exchange.readBody();
        exchange.answer("200 OK", "ok");
    };

    /** Answers the first request of a connection, and closes the connection at the second, without a word. */
    Script OK_ONCE = exchange -> {
        if (exchange.ordinal() > 1) {
            exchange.close();
        } else {
            exchange.answer("200 OK", "ok");
        }
    };

    /** Begins to answer, and breaks off once some of the request's body has come. */
    Script BREAK_OFF = exchange -> {
        exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
        exchange.sendChunk("x");
        exchange.body().read();
        exchange.close();
    };
}
