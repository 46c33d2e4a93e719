package dev.sluice.contract.wire;

import java.io.IOException;

/** Answers each request only when it is allowed to. Thread-safe. */
public final class WaitingScript implements Script {

    /** The text of its responses. */
    public static final String TEXT = "finished";

    private final Signal reached = new Signal();
    private final Signal mayAnswer = new Signal();

    @Override
    public void play(TargetExchange exchange) throws IOException {
        reached.give();
        mayAnswer.take();
        exchange.answer("200 OK", TEXT);
    }

    /** Waits for one more request. */
    public void awaitRequest() throws IOException {
        reached.take();
    }

    /** Allows it to answer one request. */
    public void answer() {
        mayAnswer.give();
    }
}
